import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { poolingWeights } from '../../../../src-main/engine/losses/text-vectors.ts';
import { scoreOutcome } from '../../../../src-main/engine/metrics/index.ts';
import { l2NormalizeRows, weightedTokenMean } from '../../../../src-main/engine/ops/index.ts';
import { type VectorPairs, vectors } from '../../../../src-main/engine/outcomes/vectors.ts';
import { embeddingLoss, embeddingLosses } from '../../../../src-main/engine/tasks/embedding/losses/index.ts';
import { lossOfVectors } from '../../../../src-main/engine/tasks/embedding/pair-batch.ts';
import { gradientsOf } from '../../../../src-main/engine/training/loss-gradients.ts';
import { embeddingLossIds, embeddingSettings, poolingModes } from '../../../../src-shared/tasks/embedding.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

const numbers = z.array(z.number());
const rows = z.array(numbers);
const metrics = z.record(z.string(), z.number());
const pairs = z.object({ left: rows, right: rows, targets: numbers, metrics });
const golden = z
  .object({
    losses: z.array(
      z.object({
        loss: z.enum(embeddingLossIds),
        settings: metrics,
        vectors: z.array(rows),
        targets: numbers.nullable(),
        value: z.number(),
        gradients: rows,
      }),
    ),
    pooling: z.object({
      states: numbers,
      lengths: numbers,
      tokens: z.number(),
      pooled: z.record(z.enum(poolingModes), numbers),
    }),
    scores: pairs,
    labels: pairs,
    retrieval: z.array(z.object({ queries: rows, documents: rows, relevant: rows, metrics })),
  })
  .parse(JSON.parse(readFileSync(goldenPath('misc', 'embedding.json'), 'utf8')));

const settingsOf = (own: Readonly<Record<string, number>>) => z.object(embeddingSettings).parse(own);

describe('losses are sentence-transformers’', () => {
  beforeAll(() => activateCompute(testCompute));

  it('all of them', () => {
    expect(new Set(golden.losses.map(({ loss }) => loss))).toEqual(new Set(embeddingLossIds));
    expect(embeddingLosses.map(({ declaration }) => declaration.id)).toEqual([...embeddingLossIds]);
  });

  it.each(golden.losses)('$loss $settings with its gradient', ({ loss, settings, vectors, targets, ...expected }) => {
    const all = vectors.flat();
    const { value, gradients } = tf.tidy(() => {
      const given = tf.variable(tf.tensor2d(all));
      const made = gradientsOf(
        () =>
          lossOfVectors(
            l2NormalizeRows(tf.reshape(given, given.shape)),
            vectors[0]?.length ?? 0,
            Float32Array.from(targets ?? []),
            embeddingLoss(loss, 'ranking'),
            settingsOf(settings),
          ),
        [given],
      );
      const found = {
        value: made.value.dataSync()[0],
        gradients: Float32Array.from(made.gradients.get(given.name)?.dataSync() ?? []),
      };
      given.dispose();
      return found;
    });
    expect(value).toBeCloseTo(expected.value, 4);
    expect(relativeDifference(gradients, Float32Array.from(expected.gradients.flat()))).toBeLessThan(1e-5);
  });

  it.each(golden.losses)('$loss $settings of an evaluation', async ({ loss, settings, vectors, targets, value }) => {
    const [anchors = [], others = [], ...further] = vectors;
    const count = anchors.length;
    const { losses } = await predicted(vectors.flat(), {
      form: targets === null ? 'ranking' : 'scores',
      anchors: Int32Array.from(anchors.keys()),
      others: Int32Array.from(others.keys(), (row) => row + count),
      // All first negatives of a batch come before the second ones, which makes no difference to the loss.
      negatives: anchors.map((_, row) => further.map((_, set) => (2 + set) * count + row)),
      targets: Float32Array.from(targets ?? []),
      loss: embeddingLoss(loss, 'ranking'),
      settings: settingsOf(settings),
    });
    expect(losses.reduce((sum, one) => sum + one, 0) / count).toBeCloseTo(value, 6);
  });
});

it('vectors are pooled as by sentence-transformers', async () => {
  await activateCompute(testCompute);
  const { states, lengths, tokens, pooled } = golden.pooling;
  const shape = [lengths.length, tokens];
  const mask = Int32Array.from({ length: lengths.length * tokens }, (_, at) =>
    Number(at % tokens < (lengths[Math.floor(at / tokens)] ?? 0)),
  );
  const inputs = { input_ids: { shape, data: mask }, attention_mask: { shape, data: mask } };
  expect(Object.keys(pooled).sort()).toEqual([...poolingModes].sort());
  for (const mode of poolingModes) {
    const found = tf.tidy(() =>
      weightedTokenMean(
        tf.tensor2d(states, [lengths.length * tokens, states.length / lengths.length / tokens]),
        poolingWeights(inputs, mode),
      ).dataSync(),
    );
    expect(relativeDifference(Float32Array.from(found), Float32Array.from(pooled[mode])), mode).toBeLessThan(1e-6);
  }
});

describe('metrics are those of sentence-transformers’ evaluators', () => {
  beforeAll(() => activateCompute(testCompute));

  const loss = { loss: embeddingLoss('auto', 'scores'), settings: settingsOf({}) };

  it.each([['scores', golden.scores] as const, ['labels', golden.labels] as const])(
    'of pairs with %s',
    async (form, given) => {
      const count = given.left.length;
      const { outcome, correct } = await predicted([...given.left, ...given.right], {
        form,
        anchors: Int32Array.from({ length: count }, (_, row) => row),
        others: Int32Array.from({ length: count }, (_, row) => count + row),
        negatives: [],
        targets: Float32Array.from(given.targets),
        ...loss,
      });
      const found = scoreOutcome(outcome);
      expect(Object.keys(found).sort()).toEqual(Object.keys(given.metrics).sort());
      for (const [id, value] of Object.entries(given.metrics)) expect(found[id], id).toBeCloseTo(value, 6);
      if (form === 'labels')
        expect((correct ?? []).filter(Boolean).length / count).toBeCloseTo(given.metrics['accuracy'] ?? 0, 12);
    },
  );

  it.each(golden.retrieval)(
    'of anchors among candidates: $relevant',
    async ({ queries, documents, relevant, metrics }) => {
      const examples = relevant.flatMap((answers, query) => answers.map((answer) => ({ query, answer })));
      const right = new Set(relevant.flat());
      const wrong = [...documents.keys()].filter((row) => !right.has(row)).map((row) => queries.length + row);
      const { outcome, ranks, correct } = await predicted([...queries, ...documents], {
        form: 'ranking',
        anchors: Int32Array.from(examples, ({ query }) => query),
        others: Int32Array.from(examples, ({ answer }) => queries.length + answer),
        negatives: examples.map((_, example) => (example === 0 ? wrong : [])),
        targets: new Float32Array(0),
        loss: embeddingLoss('auto', 'ranking'),
        settings: settingsOf({}),
      });
      const { accuracy, ...found } = scoreOutcome(outcome);
      expect(Object.keys(found).sort()).toEqual(Object.keys(metrics).sort());
      for (const [id, value] of Object.entries(metrics)) expect(found[id], id).toBeCloseTo(value, 6);
      expect(accuracy).toBe((correct ?? []).filter(Boolean).length / examples.length);
      if (examples.length === queries.length) {
        const reciprocal = [...ranks].map((rank) => (rank <= 10 ? 1 / rank : 0));
        const mean = reciprocal.reduce((sum, one) => sum + one, 0) / reciprocal.length;
        expect(mean).toBeCloseTo(metrics['mrr_at_10'] ?? 0, 12);
      }
    },
  );

  it('an ensemble has the weighted mean of the similarities', async () => {
    const { left, right, targets } = golden.scores;
    const count = left.length;
    const own = {
      form: 'scores',
      anchors: Int32Array.from({ length: count }, (_, row) => row),
      others: Int32Array.from({ length: count }, (_, row) => count + row),
      negatives: [],
      targets: Float32Array.from(targets),
      ...loss,
    } as const;
    const one = outputsOf([...left, ...right], own);
    const other = outputsOf([...right, ...[...left].reverse()], own);
    const members = [
      { outputs: one, share: 3 / 4 },
      { outputs: other, share: 1 / 4 },
    ] as const;
    const both = (await vectors.ensemble(members, {})).cosines;
    const [first, second] = [(await vectors.predict(one, {})).cosines, (await vectors.predict(other, {})).cosines];
    for (const [pair, cosine] of both.entries())
      expect(cosine).toBeCloseTo(0.75 * (first[pair] ?? 0) + 0.25 * (second[pair] ?? 0), 12);
  });
});

type Given = Omit<VectorPairs, 'textOf'>;

async function predicted(rows: readonly (readonly number[])[], given: Given) {
  return vectors.predict(outputsOf(rows, given), {});
}

function outputsOf(rows: readonly (readonly number[])[], given: Given) {
  const unit = rows.flatMap((vector) => vector.map((value) => value / Math.hypot(...vector)));
  const width = rows[0]?.length ?? 0;
  return { kind: 'vectors', vectors: Float32Array.from(unit), width, pairs: { ...given, textOf: String } } as const;
}
