import { describe, expect, test } from 'vitest';
import type { Draws } from '../../../../src-main/engine/merge/merge-method.ts';
import {
  keepAtRandom,
  keepLargest,
  mergeTaskVectors,
  type TaskVectorSteps,
} from '../../../../src-main/engine/merge/spaces/task-vectors.ts';
import { keepLargestMagnitudes } from '../../../../src-main/engine/tensors/largest-magnitudes.ts';
import { RandomStream } from '../../../../src-shared/random.ts';

const allocate = (length: number) => new Float32Array(length);
const noDraws = (): Draws => {
  throw new Error('nothing is drawn here');
};
const vector = (...data: number[]) => ({ shape: [data.length], data });
const merged = (vectors: number[][], weights: number[], steps: TaskVectorSteps) => [
  ...mergeTaskVectors(
    vectors.map((data) => vector(...data)),
    weights,
    steps,
    noDraws,
    allocate,
  ),
];

describe('by hand', () => {
  const pair = [
    [4, -1, 2, 0],
    [-1, -3, 2, 0],
  ];

  test('without steps it is the weighted sum', () => {
    expect(merged(pair, [1, 2], {})).toEqual([2, -7, 6, 0]);
  });

  test('elected by the total before weighting, divided by how many agree; + where the total is zero', () => {
    const steps: TaskVectorSteps = { consensus: { by: 'total', weighted: false }, normalize: 'count' };
    // 4 − 1 elects +, −1 − 3 elects −, 2 + 2 elects +: 4·1, (−1 − 6)/2, (2 + 4)/2.
    expect(merged(pair, [1, 2], steps)).toEqual([4, -3.5, 3, 0]);
    expect(merged([[1], [-1]], [1, 1], steps)).toEqual([1]);
  });

  test('weights may turn an election, and may be what is divided by', () => {
    const steps: TaskVectorSteps = { consensus: { by: 'total', weighted: true }, normalize: 'weight' };
    // 4·1 − 1·8 elects −: 8·(−1) / 8.
    expect(merged(pair, [1, 8], steps)[0]).toBe(-1);
    expect(merged([[5], [-1], [-1]], [1, 1, 1], { consensus: { by: 'frequency', weighted: false } })).toEqual([-2]);
  });

  test('the largest stay, rescaled to the sum of magnitudes that was there', () => {
    expect(merged([[4, -1, 2, 1]], [1], { sparsify: keepLargest(0.5), rescale: 'l1' })).toEqual(
      [16 / 3, 0, 8 / 3, 0].map(Math.fround),
    );
  });
});

test('the largest magnitudes are those that sorting finds; of equal ones the earlier stay', () => {
  const random = RandomStream.seeded(3, 'merge');
  const values = Float32Array.from({ length: 5000 }, (_, at) =>
    at % 7 === 0 ? 0.25 : random.normal() * 10 ** random.integer(12),
  );
  for (const count of [0, 1, 700, 2500, 4999, 5000, 6000]) {
    const order = [...values.keys()].sort(
      (one, other) => Math.abs(values[other] ?? 0) - Math.abs(values[one] ?? 0) || one - other,
    );
    const kept = new Set(order.slice(0, count));
    const actual = values.slice();
    keepLargestMagnitudes(actual, count);
    expect(actual).toEqual(values.map((value, at) => (kept.has(at) ? value : 0)));
  }
});

test('a random choice keeps about its share, and is the same for one seed', () => {
  const drawn = (seed: number) =>
    mergeTaskVectors(
      [{ shape: [10000], data: new Float32Array(10000).fill(1) }],
      [1],
      { sparsify: keepAtRandom(0.3), rescale: 1 / 0.3 },
      (place) => RandomStream.named(seed, 'merge', `${place}`),
      allocate,
    );
  const kept = drawn(1).filter((value) => value !== 0);
  expect(kept.length).toBeGreaterThan(2800);
  expect(kept.length).toBeLessThan(3200);
  expect(kept[0]).toBe(Math.fround(1 / 0.3));
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(2)).not.toEqual(drawn(1));
});
