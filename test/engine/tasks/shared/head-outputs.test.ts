import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { LabelLoss } from '../../../../src-main/engine/losses/batch-loss.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { scoreLogits } from '../../../../src-main/engine/outcomes/classes.ts';
import { scoreOutputs } from '../../../../src-main/engine/outcomes/index.ts';
import { softmaxRows } from '../../../../src-main/engine/outcomes/probabilities.ts';
import { classificationLogits, type LoadBatch } from '../../../../src-main/engine/tasks/shared/head-outputs.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { classBatch } from '../../batches.ts';
import { floats, goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

let model: AdaptedModel;
let pixels: Float32Array;
let expected: Float32Array;

beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(goldenPath('vit', 'base')));
  pixels = await tensorOf('inputs.safetensors', 'pixel_values');
  expected = await tensorOf('base-outputs.safetensors', 'logits');
});
afterAll(() => model.base.dispose());

/** The four golden images, whatever is asked for; labels as given. */
function batcherWith(labels: readonly number[]): LoadBatch<LabelLoss> {
  const size = 3 * 16 * 16;
  return async (indices) => {
    const list = Array.from(indices);
    const data = new Float32Array(list.length * size);
    for (const [at, index] of list.entries()) data.set(pixels.subarray(index * size, (index + 1) * size), at * size);
    const inputs = { pixel_values: { shape: [list.length, 3, 16, 16], data } };
    return classBatch(
      inputs,
      Int32Array.from(list, (index) => labels[index] ?? 0),
    );
  };
}
const options = { batchSize: 3, labelCount: 5 };

it('scores by hand-worked numbers', () => {
  // Row 0: logits ln 1, ln 3 → probabilities 1/4, 3/4. Row 1: equal → 1/2, 1/2, and the first counts as the prediction.
  const score = scoreLogits(Float32Array.of(0, Math.log(3), 2, 2), Int32Array.of(1, 1), 2);
  expect(score.accuracy).toBe(0.5);
  expect(score.loss).toBeCloseTo((Math.log(4 / 3) + Math.log(2)) / 2, 6);
  expect(score.confusion).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

it('stays finite where a probability underflows', () => {
  expect(scoreLogits(Float32Array.of(0, 2000), Int32Array.of(0), 2).loss).toBeLessThan(800);
  expect([...softmaxRows(Float32Array.of(1000, 1000), 2)]).toEqual([0.5, 0.5]);
});

it('gives the golden logits in the order of the indices, over uneven batches, without a tensor left', async () => {
  const before = tf.memory().numTensors;
  const done: number[] = [];
  const batcher = batcherWith([0, 1, 2, 3]);
  const { logits, labels } = await classificationLogits(model, batcher, Int32Array.of(3, 0, 1, 2), {
    ...options,
    onProgress: (count) => void done.push(count),
  });
  expect(relativeDifference(logits.subarray(5), expected.subarray(0, 15))).toBeLessThan(1e-4);
  expect(relativeDifference(logits.subarray(0, 5), expected.subarray(15))).toBeLessThan(1e-4);
  expect([...labels]).toEqual([3, 0, 1, 2]);
  expect(done).toEqual([3, 4]);
  expect(tf.memory().numTensors).toBe(before);
});

it('evaluates', async () => {
  const best = [0, 1, 2, 3].map((row) => {
    const logits = expected.subarray(row * 5, row * 5 + 5);
    return logits.indexOf(Math.max(...logits));
  });
  const result = await scoreOutputs(
    await classificationLogits(model, batcherWith(best), Int32Array.of(0, 1, 2, 3), options),
  );
  expect(result.accuracy).toBe(1);
  expect(result.confusion.flat().reduce((sum, count) => sum + count)).toBe(4);
});

it('refuses by name', async () => {
  const all = Int32Array.of(0, 1, 2, 3);
  const batcher = batcherWith([0, 1, 2, 3]);
  await expect(classificationLogits(model, batcher, all, { ...options, labelCount: 7 })).rejects.toThrow(
    "The model's head has 5 outputs, but the dataset has 7 labels.",
  );
  await expect(classificationLogits(model, batcher, new Int32Array(0), options)).rejects.toThrow('no examples');
  await expect(classificationLogits(model, batcherWith([0, 9, 0, 0]), all, options)).rejects.toThrow('has the label 9');
  let asked = 0;
  const cancelled = async () => ++asked > 1;
  await expect(classificationLogits(model, batcher, all, { ...options, cancelled })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(asked).toBe(2);
});

async function tensorOf(file: string, name: string): Promise<Float32Array> {
  const tensor = (await readSafetensors(goldenPath('vit', file))).get(name);
  if (!tensor) throw new Error(`${file} lacks ${name}`);
  return floats(tensor);
}
