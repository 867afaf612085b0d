import { describe, expect, test } from 'vitest';
import { DeltaRows } from '../../../../src-main/engine/merge/spaces/delta.ts';
import {
  keepAtRandom,
  keepByRank,
  keepLargest,
  keepMiddle,
  mergeTaskVectors,
  type TaskVectorSteps,
} from '../../../../src-main/engine/merge/spaces/task-vectors.ts';
import { MagnitudeOrder } from '../../../../src-main/engine/tensors/magnitude-order.ts';
import { RandomStream } from '../../../../src-shared/random.ts';

/** More entries than are merged at a time, in rows that do not divide them. */
const [outputs, inputs, rank] = [301, 997, 3];

const updates = [0, 1, 2].map((seed) => {
  const random = RandomStream.named(seed, 'study', 'delta');
  const draw = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  return {
    a: { shape: [rank, inputs], data: draw(rank * inputs) },
    b: { shape: [outputs, rank], data: draw(outputs * rank) },
    rank,
    scaling: 0.5 + seed,
  };
});

const cases: Record<string, TaskVectorSteps> = {
  sum: {},
  rescaled: { rescale: 1.5 },
  ties: { sparsify: keepLargest(0.2), consensus: { by: 'total', weighted: false }, normalize: 'count' },
  dare: { sparsify: keepAtRandom(0.4), rescale: 2.5 },
  'dare with signs': {
    sparsify: keepAtRandom(0.4),
    rescale: 'l1',
    consensus: { by: 'frequency', weighted: true },
    normalize: 'weight',
  },
  della: { sparsify: keepByRank(0.5, 0.2), rescale: 'l1' },
  breadcrumbs: { sparsify: keepMiddle(0.6, 0.05), rescale: 'l1' },
};

describe('task vectors that are read by rows', () => {
  for (const [name, steps] of Object.entries(cases))
    test(`${name} gives the bits of whole matrices`, () => {
      const weights = [0.5, -0.25, 1];
      const drawsOf = (place: number) => RandomStream.named(place, 'study', 'mask');
      const rows = updates.map((update) => new DeltaRows(update));
      const whole = rows.map(({ shape, data }) => ({ shape, data }));
      expect(mergeTaskVectors(rows, weights, steps, drawsOf)).toEqual(mergeTaskVectors(whole, weights, steps, drawsOf));
    });
});

test('a row is ordered by magnitude, equal ones by their index', () => {
  const values = Float32Array.of(3, -1, 0, -3, 1e-40, 2, -0, 1e30, 1);
  expect([...new MagnitudeOrder(values.length).order(values)]).toEqual([2, 6, 4, 1, 8, 5, 0, 3, 7]);
});
