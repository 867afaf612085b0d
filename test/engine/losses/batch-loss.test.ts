import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import {
  type BatchLoss,
  classLoss,
  LossMeasures,
  type LossModel,
  labelSetLoss,
  likelihoodLoss,
  numberLoss,
  spanLoss,
  tokenLoss,
  vectorLoss,
} from '../../../src-main/engine/losses/batch-loss.ts';
import { softmaxCrossEntropy } from '../../../src-main/engine/ops/index.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const unused = () => {
  throw new Error('not part of this test');
};
/** A model whose states are its outputs. */
const model: LossModel = {
  head: ({ hidden }) => hidden,
  loss: ({ hidden }, labels) => softmaxCrossEntropy(hidden, labels),
  trainsBelowLayers: unused,
  embed: unused,
  forwardBelow: unused,
  statesFrom: unused,
};
const text = (rows: number, tokens: number, mask = new Int32Array(rows * tokens).fill(1)) => ({
  input_ids: { shape: [rows, tokens], data: new Int32Array(rows * tokens) },
  attention_mask: { shape: [rows, tokens], data: mask },
});
const states = (values: number[][], batch: number) => ({
  hidden: tf.tensor2d(values),
  batch,
  tokens: values.length / batch,
});

/** Value of a loss, checked against its recordable form. */
function lossOf(loss: BatchLoss, values: number[][], batch: number, inputs = text(batch, values.length / batch)) {
  return tf.tidy(() => {
    const [value = Number.NaN] = loss.compute(model, inputs)(states(values, batch)).dataSync();
    const prepared = loss.prepared(model);
    if (prepared) expect(prepared.compute(states(values, batch)).dataSync()[0]).toBeCloseTo(value, 6);
    return value;
  });
}
const entropyOf = (loss: BatchLoss, values: number[][], batch: number) =>
  tf.tidy(() => {
    const outputs = loss.outputs(model, states(values, batch), text(batch, values.length / batch));
    return loss.entropy()(outputs).dataSync()[0];
  });

describe('the loss of classes', () => {
  const loss = classLoss(Int32Array.of(1, 0));
  const outputs = [
    [0, Math.log(3)],
    [0, Math.log(9)],
  ];

  it('is the mean cross-entropy of the examples', () => {
    expect(loss.counted()).toBe(2);
    expect(lossOf(loss, outputs, 2)).toBeCloseTo((Math.log(4 / 3) + Math.log(10)) / 2, 5);
    expect(loss.padded(1, 4)).toBe(loss);
  });

  it('knows the accuracy and the entropy of the outputs', () => {
    expect(tf.tidy(() => loss.accuracy?.(tf.tensor2d(outputs)).dataSync()[0])).toBe(0.5);
    const [first, second] = [1 / 4, 1 / 10].map((p) => -p * Math.log(p) - (1 - p) * Math.log(1 - p));
    expect(entropyOf(loss, outputs, 2)).toBeCloseTo(((first ?? 0) + (second ?? 0)) / 2, 5);
  });
});

describe('the loss of tokens', () => {
  it('counts the labelled tokens alone', () => {
    const loss = tokenLoss(Int32Array.of(-100, 1, -100, -100));
    const outputs = [
      [5, 0],
      [0, Math.log(3)],
      [0, 5],
      [5, 5],
    ];
    expect(loss.counted()).toBe(1);
    expect(lossOf(loss, outputs, 2)).toBeCloseTo(Math.log(4 / 3), 5);
    expect(tf.tidy(() => loss.outputs(model, states(outputs, 2), text(2, 2)).arraySync())).toEqual([
      [0, expect.closeTo(Math.log(3))],
    ]);
    expect('accuracy' in loss).toBe(false);
  });

  it('has no labels in the padding', () => {
    const { labels, ends } = tokenLoss(Int32Array.of(1, 2, 3, 4), Uint8Array.of(0, 1, 0, 1)).padded(2, 3);
    expect(labels).toEqual(Int32Array.of(1, 2, -100, 3, 4, -100));
    expect(ends).toEqual(Uint8Array.of(0, 1, 0, 0, 1, 0));
  });
});

describe('the loss of targets', () => {
  it('of numbers is the mean squared error, and numbers have no entropy', () => {
    const loss = numberLoss(Float32Array.of(1, 2));
    expect(loss.counted()).toBe(2);
    expect(lossOf(loss, [[2], [5]], 2)).toBe(5);
    expect(() => loss.entropy()).toThrow('Predicted numbers have no entropy.');
  });

  it('of label sets is the mean binary cross-entropy of every label', () => {
    const loss = labelSetLoss(Float32Array.of(1, 0), 2);
    expect(loss.counted()).toBe(2);
    expect(lossOf(loss, [[Math.log(3), Math.log(3)]], 1)).toBeCloseTo((Math.log(4 / 3) + Math.log(4)) / 2, 5);
    expect(loss.padded(1, 2)).toBe(loss);
  });
});

it('the loss of spans is the mean of starts and ends, without the padding', () => {
  const loss = spanLoss(Int32Array.of(1, 0));
  const outputs = [
    [0, Math.log(3)],
    [Math.log(3), 0],
    [50, 50],
  ];
  expect(loss.counted()).toBe(2);
  expect(lossOf(loss, outputs, 1, text(1, 3, Int32Array.of(1, 1, 0)))).toBeCloseTo(Math.log(4 / 3), 5);
  expect(lossOf(loss, outputs, 1)).toBeGreaterThan(10);
  expect(loss.prepared(model)).toBeNull();
});

it('the loss of likelihoods gets the sum of every segment, and reports what it observed', async () => {
  const half = Math.log(1 / 2);
  const terms = {
    examples: 2,
    loss: (sums: tf.Tensor1D) => tf.neg<tf.Scalar>(tf.mean(sums)),
    measures: (sums: Float32Array) => ({ sums: { sum: (sums[0] ?? 0) + (sums[1] ?? 0), count: sums.length } }),
  };
  const segments = [
    { row: 0, start: 0, end: 2 },
    { row: 1, start: 1, end: 2 },
  ];
  const loss = likelihoodLoss({ labels: Int32Array.of(0, 1, -100, 1), segments }, terms);
  const outputs = [
    [0, 0],
    [0, 0],
    [9, 0],
    [0, 0],
  ];
  const measures = new LossMeasures();
  const value = tf.tidy(() => loss.compute(model, text(2, 2), measures)(states(outputs, 2)).dataSync()[0]);
  expect(value).toBeCloseTo(-1.5 * half, 5);
  expect(await measures.take()).toEqual({ sums: expect.closeTo(1.5 * half, 5) });
  expect(loss.counted()).toBe(2);
  // Rows of three tokens, of which the last is padding.
  const wide = [outputs[0], outputs[1], [7, 0], outputs[2], outputs[3], [7, 0]].map((row) => row ?? []);
  expect(lossOf(loss.padded(2, 3), wide, 2)).toBeCloseTo(-1.5 * half, 5);
});

it('the loss of vectors gets one unit vector for each row', () => {
  const loss = vectorLoss(1, { mode: 'mean', dense: [] }, (vectors) =>
    tf.sum<tf.Scalar>(tf.mul(vectors, tf.tensor2d([[1, 0]]))),
  );
  expect(loss.counted()).toBe(1);
  const outputs = [
    [2, 4],
    [4, 4],
    [90, 0],
  ];
  const inputs = text(1, 3, Int32Array.of(1, 1, 0));
  expect(lossOf(loss, outputs, 1, inputs)).toBeCloseTo(3 / 5, 5);
  expect(() => loss.entropy()).toThrow('Vectors of texts have no entropy.');
});
