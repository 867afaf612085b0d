import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { AdapterUpdate } from '../../../../src-main/engine/merge/merge-method.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { kMeans, kMeansPlusPlus } from '../../../../src-main/engine/merge/methods/k-means.ts';
import { mergeUnits, unitProducts } from '../../../../src-main/engine/merge/methods/rank-units.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath, relativeDifference, taken } from '../../golden.ts';
import { change, description, factors, moduleOf, state } from '../states.ts';

const cases = z
  .array(
    z.looseObject({
      case: z.string(),
      k: z.number(),
      r: z.number(),
      features: z.enum(['raw', 'halves-normalised']),
      norm: z.enum(['2', 'inf']),
      initial_centroids: z.array(z.number()),
      labels: z.array(z.number()),
      labels_by_iteration: z.array(z.array(z.number())),
      output_factor: z.number(),
    }),
  )
  .parse(JSON.parse(readFileSync(goldenPath('methods', 'lora-lego', 'settings.json'), 'utf8')));

const read = (file: string) => readSafetensors(goldenPath('methods', 'lora-lego', `${file}.safetensors`));
let updates: AdapterUpdate[];
beforeAll(async () => {
  const inputs = await read('inputs');
  updates = [0, 1, 2].map((adapter) => ({
    adapter,
    a: taken(inputs, `${adapter}.A`),
    b: taken(inputs, `${adapter}.B`),
    rank: 4,
    scaling: 1,
  }));
});

describe.each(cases)('$case', (one) => {
  test('labels of every round, factors and ΔW', async () => {
    const products = unitProducts(updates, one.features === 'halves-normalised');
    const clusters = kMeans(products, one.initial_centroids);
    expect([...clusters.labels]).toEqual(one.labels);
    expect(clusters.rounds.map((labels) => [...labels])).toEqual(one.labels_by_iteration);
    const { a, b } = mergeUnits(updates, [1, 1, 1], clusters.labels, one.k, one.norm);
    const expected = await read(one.case);
    expect(relativeDifference(a.data, expected.get('A')?.data ?? [])).toBeLessThanOrEqual(1e-5);
    expect(relativeDifference(b.data, expected.get('B')?.data ?? [])).toBeLessThanOrEqual(1e-5);
    const delta = change(moduleOf(a, b, one.output_factor));
    expect(relativeDifference(delta, expected.get('delta')?.data ?? [])).toBeLessThanOrEqual(1e-5);
  });
});

test('k-means++ finds the two pairs of points whatever it draws first, with inertia ½ + ½', () => {
  // (0, 0), (1, 0), (10, 0), (10, 1)
  const points = [
    [0, 0],
    [1, 0],
    [10, 0],
    [10, 1],
  ];
  const data = points.flatMap(([x = 0, y = 0]) => points.map(([u = 0, v = 0]) => x * u + y * v));
  const products = { shape: [4, 4] as const, data: Float64Array.from(data) };
  for (let seed = 0; seed < 5; seed++) {
    const { labels, inertia } = kMeansPlusPlus(products, 2, 5, RandomStream.seeded(seed, 'merge'));
    expect([labels[1] === labels[0], labels[2] === labels[3], labels[0] === labels[2]]).toEqual([true, true, false]);
    expect(inertia).toBeCloseTo(1, 12);
  }
});

test('by hand: units (1 0 | 0) and (0 1 | 0) in one cluster have the mean (½ ½ | 0), reweighted to norm 1', async () => {
  const name = 'vit.layers.0.attention.q_proj';
  const first = state({ [name]: factors([[3, 0]], [[4], [0]], 1) });
  const second = state({ [name]: factors([[0, 3]], [[4], [0]], 1) });
  const method = mergeMethod('lora-lego');
  const base = { description: description(1), directory: '' };
  const merged = await mergeStates({ method, weights: [1, 1], parameters: {}, base }, [first, second]);
  // Mean unit (1.5 1.5 | 4 0) of norm √20.5; the units have norm 5: A = 1.5·5/√20.5, B = 4·5/√20.5, ΔW = 6·25/20.5.
  const delta = change(merged.modules.get(name) ?? factors([[0]], [[0]], 1));
  expect([...delta].map((value) => Number(value.toFixed(4)))).toEqual([7.3171, 7.3171, 0, 0]);
});
