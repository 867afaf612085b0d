import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Draws } from '../../../src-main/engine/merge/merge-method.ts';
import {
  keepAtRandom,
  keepLargest,
  mergeTaskVectors,
  type Sparsify,
  type TaskVectorSteps,
} from '../../../src-main/engine/merge/task-vectors.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { keepLargestMagnitudes } from '../../../src-main/engine/tensors/largest-magnitudes.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

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

const mergekitSchema = z.object({
  merges: z.record(
    z.string(),
    z.object({
      method: z.string(),
      inputs: z.array(z.string()),
      parameters: z.looseObject({
        weight: z.record(z.string(), z.number()).optional(),
        density: z.record(z.string(), z.number()).optional(),
        normalize: z.boolean().optional(),
        rescale: z.boolean().optional(),
        lambda: z.number().optional(),
      }),
    }),
  ),
});
const { merges } = mergekitSchema.parse(JSON.parse(readFileSync(goldenPath('misc', 'mergekit.json'), 'utf8')));
const methods = ['task_arithmetic', 'ties', 'dare_linear', 'dare_ties'];

/** mergekit's methods on ΔW: the same steps, elected after weighting and rescaled to the L1 norm. */
describe('on ΔW as mergekit', () => {
  let tensors: ReadonlyMap<string, HostTensor>;
  let expected: ReadonlyMap<string, HostTensor>;
  let masks: ReadonlyMap<string, HostTensor>;
  beforeAll(async () => {
    tensors = await readSafetensors(goldenPath('misc', 'mergekit-inputs.safetensors'));
    expected = await readSafetensors(goldenPath('misc', 'mergekit-expected.safetensors'));
    masks = await readSafetensors(goldenPath('misc', 'mergekit-masks.safetensors'));
  });

  test.each(Object.entries(merges).filter(([, { method }]) => methods.includes(method)))(
    '%s',
    (name, { method, inputs, parameters }) => {
      const names = inputs.filter((input) => input !== 'base');
      const base = tensors.get('base');
      const target = expected.get(name);
      if (!base || !target) throw new Error(`no golden values of ${name}`);
      const deltas = names.map((input) => ({
        shape: base.shape,
        data: Float32Array.from(tensors.get(input)?.data ?? [], (value, at) => value - (base.data[at] ?? 0)),
      }));
      const weights = names.map((input) => parameters.weight?.[input] ?? 1);
      const { rescale, sparsify } = sparsification(name, method, names, parameters);
      const delta = mergeTaskVectors(
        deltas,
        weights,
        {
          ...(sparsify ? { sparsify } : {}),
          ...(rescale ? { rescale: 'l1' as const } : {}),
          ...(method.endsWith('ties') ? { consensus: { by: 'total', weighted: true } } : {}),
          ...((parameters.normalize ?? method === 'ties') ? { normalize: 'weight' as const } : {}),
        },
        noDraws,
        allocate,
      );
      const lambda = parameters.lambda ?? 1;
      const actual = delta.map((value, at) => (base.data[at] ?? 0) + lambda * value);
      expect(relativeDifference(actual, target.data)).toBeLessThanOrEqual(1e-5);
    },
  );

  function sparsification(
    name: string,
    method: string,
    names: readonly string[],
    parameters: (typeof merges)[string]['parameters'],
  ) {
    let next = 0;
    const densityOf = () => parameters.density?.[names[next++] ?? ''] ?? 1;
    if (method === 'ties')
      return {
        rescale: parameters.rescale ?? false,
        sparsify: ((...vector) => keepLargest(densityOf())(...vector)) satisfies Sparsify,
      };
    if (!method.startsWith('dare')) return { rescale: false, sparsify: null };
    const sparsify: Sparsify = (values) => {
      const mask = masks.get(`${name}.${names[next++]}`);
      if (!mask) throw new Error(`no mask of ${name}`);
      for (let at = 0; at < values.length; at++) if (mask.data[at] === 0) values[at] = 0;
    };
    return { rescale: parameters.rescale ?? true, sparsify };
  }
});
