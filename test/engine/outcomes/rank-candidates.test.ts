import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { rankingSteps } from '../../../src-main/engine/evaluation/ranking-steps.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { rankCandidates } from '../../../src-main/engine/outcomes/rank-candidates.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const width = 24;
/** More than a block of each. */
const [queryCount, candidateCount] = [600, 2500];

/** Unit vectors, of which some are equal and some differ by less than single precision tells apart. */
function drawn(seed: number, count: number): Float32Array {
  const random = RandomStream.seeded(seed, 'initialization');
  const vectors = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const own = Array.from({ length: width }, () => random.uniform() - 0.5);
    const length = Math.hypot(...own);
    vectors.set(
      own.map((value) => value / length),
      row * width,
    );
    if (row % 5 === 4) vectors.copyWithin(row * width, (row - 1) * width, row * width);
    if (row % 10 === 9) vectors[row * width] = Math.fround((vectors[row * width] ?? 0) * (1 + 2 ** -22));
  }
  return vectors;
}

function request(shares: readonly number[], queries = queryCount) {
  const members = shares.map((share, at) => ({ vectors: drawn(at + 1, queries + candidateCount), width, share }));
  let calls = 0;
  const similarity = (one: number, other: number) => {
    calls++;
    let sum = 0;
    for (const { vectors, share } of members) {
      let dot = 0;
      for (let at = 0; at < width; at++) dot += (vectors[one * width + at] ?? 0) * (vectors[other * width + at] ?? 0);
      sum += share * dot;
    }
    return sum;
  };
  const candidates = Int32Array.from({ length: candidateCount }, (_, at) => queries + at);
  return {
    members,
    similarity,
    candidates,
    queries: Array.from({ length: queries }, (_, row) => ({
      row,
      right: [queries + ((7 * row) % candidateCount), ...(row % 3 === 0 ? [queries + row] : [])],
    })),
    places: 10,
    calls: () => calls,
  };
}

describe.each([{ shares: [1] }, { shares: [0.75, 0.25] }, { shares: [1.5, -0.5] }])(
  'vectors with $shares',
  ({ shares }) => {
    it('ranks as sorting all similarities in double precision does, few of which it computes', async () => {
      const { calls, ...own } = request(shares);
      const before = tf.memory().numTensors;
      const ranked = await rankCandidates(own);
      expect(tf.memory().numTensors).toBe(before);
      expect(calls()).toBeLessThan((queryCount * candidateCount) / 20);
      for (const [query, { row, right }] of own.queries.entries()) {
        if (query % 7 > 0) continue;
        const scores = new Map(Array.from(own.candidates, (other) => [other, own.similarity(row, other)]));
        const sorted = [...own.candidates].sort(
          (one, other) => (scores.get(other) ?? 0) - (scores.get(one) ?? 0) || one - other,
        );
        expect(ranked[query]?.top).toEqual(sorted.slice(0, 10));
        expect(ranked[query]?.ranks).toEqual(right.map((other) => sorted.indexOf(other) + 1));
      }
    });
  },
);

it('says where it is between blocks, and ends there when it is cancelled', async () => {
  const events: EngineEvent[] = [];
  const { calls: _, ...own } = request([1], 1200);
  const context = { emit: (event: EngineEvent) => events.push(event), signal: async () => null };
  const done: number[] = [];
  const { onProgress } = rankingSteps(context);
  await rankCandidates(own, {
    onProgress: async (count, total) => {
      expect(total).toBe(1200);
      done.push(count);
      await onProgress?.(count, total);
    },
  });
  expect(done).toEqual([...done].sort((one, other) => one - other));
  expect([done.length, done.at(-1)]).toEqual([6, 1200]);
  const told = events.map((event) => (event.kind === 'progress' ? event.progress : null));
  expect(told[0]).toMatchObject({ phase: 'Ranking texts', done: 0, total: 1200, unit: 'anchors' });
  expect(told.at(-1)).toMatchObject({ done: 1200, total: 1200 });

  let asked = 0;
  const signals = { emit: () => undefined, signal: async () => (++asked === 3 ? ('cancel' as const) : null) };
  const before = tf.memory().numTensors;
  await expect(rankCandidates(own, rankingSteps(signals))).rejects.toMatchObject({ code: 'cancelled' });
  expect([asked, tf.memory().numTensors]).toEqual([3, before]);
  // A run that is to stop evaluates first.
  const stopped = rankingSteps({ ...context, signal: async () => 'stop' }, (signal) => signal === 'cancel');
  expect(await stopped.cancelled?.()).toBe(false);
});
