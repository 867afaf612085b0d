import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { spanLabels, spanLogits } from '../../../../src-main/engine/losses/batch-loss.ts';
import { scoreOutcome } from '../../../../src-main/engine/metrics/index.ts';
import { answerScore } from '../../../../src-main/engine/metrics/squad.ts';
import { softmaxCrossEntropy } from '../../../../src-main/engine/ops/index.ts';
import { decodeAnswer } from '../../../../src-main/engine/outcomes/decode-answer.ts';
import { gradientsOf } from '../../../../src-main/engine/training/loss-gradients.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const numbers = z.array(z.number());
const golden = z
  .object({
    pairs: z.array(z.object({ gold: z.string(), text: z.string(), exact: z.number(), f1: z.number() })),
    evaluations: z.array(
      z.object({
        golds: z.array(z.array(z.string())),
        predictions: z.array(z.string()),
        metrics: z.record(z.string(), z.number()),
      }),
    ),
    decoded: z.array(
      z.object({
        text: z.string(),
        spans: z.array(z.tuple([z.number(), z.number()])),
        windows: z.array(
          z.object({ offset: z.number(), first: z.number(), end: z.number(), starts: numbers, ends: numbers }),
        ),
        options: z.object({
          n_best_size: z.number(),
          max_answer_length: z.number(),
          null_score_diff_threshold: z.number(),
          hasUnanswerable: z.boolean(),
        }),
        expected: z.object({ text: z.string(), difference: z.number().nullable() }),
      }),
    ),
    losses: z.array(
      z.object({
        shape: z.tuple([z.number(), z.number()]),
        logits: numbers,
        places: numbers,
        loss: z.number(),
        gradient: numbers,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'qa.json'), 'utf8')));

describe('answers are scored as by SQuAD’s official script', () => {
  it.each(golden.pairs)('"$text" where "$gold" is right', ({ gold, text, exact, f1 }) => {
    const score = answerScore([gold], text);
    expect(score.exact).toBe(exact);
    expect(score.f1).toBeCloseTo(f1, 12);
  });

  it.each(golden.evaluations)('$predictions', ({ golds, predictions, metrics }) => {
    const scores = scoreOutcome({ kind: 'answers', labels: golds, predictions });
    expect(scores['accuracy']).toBe(scores['exact_match']);
    delete scores['accuracy'];
    expect(Object.keys(scores).sort()).toEqual(Object.keys(metrics).sort());
    for (const [id, value] of Object.entries(metrics)) expect(scores[id], id).toBeCloseTo(value, 12);
  });
});

it('answers are chosen from logits as by Transformers’ postprocess_qa_predictions', () => {
  for (const { text, spans, windows, options, expected } of golden.decoded) {
    const starts = Int32Array.from(spans, ([start]) => start);
    const ends = Int32Array.from(spans, ([, end]) => end);
    const found = decodeAnswer({ text, starts, ends }, windows, windows, options);
    expect(found.text).toBe(expected.text);
    if (expected.difference === null) expect(found.nullScoreDifference).toBeNull();
    else expect(found.nullScoreDifference).toBeCloseTo(expected.difference, 5);
  }
  expect(new Set(golden.decoded.map(({ expected }) => expected.text === ''))).toEqual(new Set([false, true]));
});

describe('the loss of start and end', () => {
  beforeAll(() => activateCompute(testCompute));

  it.each(golden.losses)(
    'is that of Transformers, with its gradient: $shape',
    ({ shape, logits, places, ...expected }) => {
      const [rows, tokens] = shape;
      const inputs = { input_ids: { shape, data: new Int32Array(rows * tokens) } };
      const { value, gradients } = lossOf(logits, inputs, places, rows * tokens);
      expect(value).toBeCloseTo(expected.loss, 5);
      expect(relativeDifference(gradients, Float32Array.from(expected.gradient))).toBeLessThan(1e-5);
    },
  );

  it('is the same however far a row is padded', () => {
    const [, { shape, logits, places }] = golden.losses as [unknown, (typeof golden.losses)[number]];
    const [rows, tokens] = shape;
    const wide = tokens + 3;
    const padded = Array.from({ length: rows * wide * 2 }, (_, at) => {
      const [row, token] = [Math.floor(at / (2 * wide)), Math.floor(at / 2) % wide];
      return token < tokens ? (logits[2 * (row * tokens + token) + (at % 2)] ?? 0) : 7;
    });
    const data = Int32Array.from({ length: rows * wide }, (_, at) => Number(at % wide < tokens));
    const inputs = { input_ids: { shape: [rows, wide], data }, attention_mask: { shape: [rows, wide], data } };
    const plain = { input_ids: { shape, data: new Int32Array(rows * tokens) } };
    const own = lossOf(logits, plain, places, rows * tokens).value;
    const { value, gradients } = lossOf(padded, inputs, places, rows * wide);
    expect(value).toBeCloseTo(own, 6);
    const ofPadding = [...gradients].filter((_, at) => Math.floor(at / 2) % wide >= tokens);
    expect(ofPadding).toHaveLength(2 * 3 * rows);
    expect(Math.max(...ofPadding.map(Math.abs))).toBeLessThan(1e-12);
  });
});

function lossOf(
  logits: readonly number[],
  inputs: Parameters<typeof spanLogits>[1],
  places: readonly number[],
  rows: number,
) {
  return tf.tidy(() => {
    const outputs = tf.variable(tf.tensor2d([...logits], [rows, 2]));
    const labels = spanLabels(places);
    const { value, gradients } = gradientsOf(
      () => softmaxCrossEntropy(spanLogits(tf.reshape(outputs, [rows, 2]), inputs), labels),
      [outputs],
    );
    const found = {
      value: value.dataSync()[0] ?? 0,
      gradients: Float32Array.from([...gradients.values()][0]?.dataSync() ?? []),
    };
    outputs.dispose();
    return found;
  });
}
