import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { matmul, transpose } from '../../../../src-main/engine/linalg/index.ts';
import type { MergeData } from '../../../../src-main/engine/merge/merge-data.ts';
import { mergeMethod } from '../../../../src-main/engine/merge/methods/index.ts';
import { compose } from '../../../../src-main/engine/merge/methods/lorahub.ts';
import { mergeStates } from '../../../../src-main/engine/merge/run/merge-states.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { goldenPath, relativeDifference, taken } from '../../golden.ts';
import { change, description, factors, moduleOf, state } from '../states.ts';
import { squaredError, ToyNetwork } from '../toy-network.ts';

const [q, v] = ['vit.layers.0.attention.q_proj', 'vit.layers.0.attention.v_proj'] as const;
const base = { description: description(1), directory: '' };
const numbers = z.array(z.number());
const json = (...parts: string[]): unknown => JSON.parse(readFileSync(goldenPath('methods', ...parts), 'utf8'));

async function tensors(...parts: string[]) {
  const all = await readSafetensors(goldenPath('methods', ...parts));
  return (key: string): HostTensor => taken(all, key);
}

function merge(id: string, states: ReturnType<typeof state>[], parameters: ParameterValues, data: MergeData) {
  return mergeStates({ method: mergeMethod(id), weights: states.map(() => 1), parameters, base, data }, states);
}

function identity(size: number): HostTensor {
  return {
    shape: [size, size],
    data: Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) ? 0 : 1)),
  };
}

describe('ZipLoRA', () => {
  const settings = z.looseObject({ similarity_lambda: z.number(), learning_rate: z.number(), losses: numbers });

  test('from coefficients of 1, twenty steps of Adam end where those of the public implementation do', async () => {
    const given = await tensors('ziplora', 'inputs.safetensors');
    const expected = await tensors('ziplora', 'ones.safetensors');
    const { similarity_lambda, learning_rate, losses } = settings.parse(json('ziplora', 'ones.json'));
    const layers = [
      { name: q, weight: given('0.weight') },
      { name: v, weight: given('1.weight') },
    ];
    // Each ΔW as B = ΔW, A = 1: the coefficients then stand on A's diagonal.
    const states = [1, 2].map((index) =>
      state({
        [q]: moduleOf(identity(5), given(`0.delta_${index}`)),
        [v]: moduleOf(identity(6), given(`1.delta_${index}`)),
      }),
    );
    const alone = (index: number) =>
      new Map(
        [q, v].map((name, layer) => {
          const delta = given(`${layer}.delta_${index}`);
          return [name, { a: identity(delta.shape[1] ?? 0), b: delta, rank: delta.shape[1] ?? 0, scaling: 1 }];
        }),
      );
    const network: ToyNetwork = new ToyNetwork(layers, ({ adapter = 0 }) => {
      const inputs = given(`X_${adapter + 1}`);
      return [{ inputs, targets: network.outputs(alone(adapter + 1), inputs) }];
    });
    const parameters = { similarity_lambda, learning_rate, max_train_steps: losses.length - 1 };
    const notes: string[] = [];
    const merged = await mergeStates(
      {
        method: mergeMethod('ziplora'),
        weights: [1, 1],
        parameters,
        base,
        data: network,
        onPass: async (phase) => void notes.push(phase),
      },
      states,
    );
    for (const [layer, name] of [q, v].entries()) {
      const a = merged.modules.get(name)?.tensors.get('a');
      const width = a?.shape[1] ?? 0;
      for (const [index, key] of ['merger_1', 'merger_2'].entries()) {
        const diagonal = Array.from({ length: width }, (_, at) => a?.data[(index * width + at) * width + at] ?? 0);
        expect(relativeDifference(diagonal, expected(`${layer}.${key}.end`).data)).toBeLessThanOrEqual(1e-4);
      }
    }
    expect(network.requests).toHaveLength(2 * 20);
  });

  test('passes an adapter on at an end, without a look at data', async () => {
    const one = state({ [q]: factors([[1, 0]], [[1], [0]], 1) });
    const network = new ToyNetwork([], () => []);
    const request = { method: mergeMethod('ziplora'), parameters: {}, base, data: network };
    expect(await mergeStates({ ...request, weights: [1, 0] }, [one, one])).toEqual(one);
    expect(network.requests).toEqual([]);
  });
});

describe('LoraHub', () => {
  const settings = z.looseObject({
    scaling: z.number(),
    composed_uses_objective: z.number(),
    objectives: z.array(z.object({ weights: numbers, loss: z.number(), l1: z.number(), objective: z.number() })),
  });

  test("A and B of given weights are the authors'; the golden's objective is loss plus penalty", async () => {
    const { scaling, objectives, composed_uses_objective: place } = settings.parse(json('lorahub', 'settings.json'));
    const given = await tensors('lorahub', 'inputs.safetensors');
    const updates = [0, 1, 2, 3].map((adapter) => ({
      adapter,
      a: given(`${adapter}.A`),
      b: given(`${adapter}.B`),
      rank: 2,
      scaling,
    }));
    for (const [index, { weights, loss, l1, objective }] of objectives.entries()) {
      const { a, b } = compose(updates, [1, 1, 1, 1], weights);
      const delta = matmul(b, a);
      const own = squaredError(matmul(given('X'), transpose(delta)), given('Y'));
      expect(Math.abs(own.loss / loss - 1)).toBeLessThanOrEqual(1e-6);
      expect(loss + 0.05 * (weights.reduce((sum, weight) => sum + Math.abs(weight), 0) / 4)).toBeCloseTo(objective, 9);
      expect(objective - loss).toBeCloseTo(l1, 9);
      if (index !== place) continue;
      const expected = await tensors('lorahub', 'composed.safetensors');
      expect(relativeDifference(delta.data, expected('delta').data)).toBeLessThanOrEqual(1e-5);
    }
  });

  test('finds the weights 1 and −½ of which the examples are made, up to the pull of the penalty', async () => {
    const first = factors([[1, 0]], [[1], [0]], 1);
    const second = factors([[0, 1]], [[0], [1]], 1);
    const states = [state({ [q]: first }), state({ [q]: second })];
    // A = (w₁ w₂), B = (w₁ w₂)ᵀ: ΔW = w·wᵀ. Targets are x·(w·wᵀ) for w = (1, −½).
    const targets = { shape: [2, 2], data: [1, -0.5, -0.5, 0.25] };
    const inputs = { shape: [2, 2], data: [1, 0, 0, 1] };
    const weight = { shape: [2, 2], data: [0, 0, 0, 0] };
    const network = new ToyNetwork([{ name: q, weight }], () => [{ inputs, targets }]);
    const merged = await merge('lorahub', states, { max_inference_step: 400, alpha: 0.001, seed: 5 }, network);
    const delta = change(merged.modules.get(q) ?? first);
    expect(relativeDifference(delta, targets.data)).toBeLessThan(0.01);
  });

  test('refuses unequal ranks with the way out', async () => {
    const wide = state({
      [q]: factors(
        [
          [1, 0],
          [0, 1],
        ],
        [
          [1, 0],
          [0, 1],
        ],
        1,
      ),
    });
    const one = state({ [q]: factors([[1, 0]], [[1], [0]], 1) });
    await expect(merge('lorahub', [one, wide], {}, new ToyNetwork([], () => []))).rejects.toThrow(/rank/);
  });
});

describe('AdaMerging', () => {
  const settings = z.looseObject({
    scaling: z.number(),
    ranks: numbers,
    parameters: z.object({ init_values: z.number(), lr: z.number(), max_steps: z.number() }),
    coefficients: numbers,
    entropies: numbers,
  });

  test("trains the coefficients that PyTorch's Adam does on the entropy", async () => {
    const { scaling, ranks, parameters, coefficients } = settings.parse(json('adamerging', 'settings.json'));
    const given = await tensors('adamerging', 'values.safetensors');
    const states = ranks.map((_, index) => state({ [q]: moduleOf(given(`${index}.A`), given(`${index}.B`), scaling) }));
    const network = new ToyNetwork([{ name: q, weight: given('weight') }], ({ adapter = 0, batch = 0 }) => [
      { inputs: given(`${adapter}.X${batch % 2}`) },
    ]);
    for (const granularity of ['task', 'layer', 'module']) {
      const merged = await merge('adamerging', states, { ...parameters, granularity }, network);
      const expected = new Float64Array(7 * 6);
      for (const [index, coefficient] of coefficients.entries()) {
        const own = change(moduleOf(given(`${index}.A`), given(`${index}.B`), scaling));
        for (let at = 0; at < own.length; at++) expected[at] = (expected[at] ?? 0) + coefficient * (own[at] ?? 0);
      }
      const found = merged.modules.get(q);
      // A trajectory: 1e-4.
      expect(found && relativeDifference(change(found), expected)).toBeLessThanOrEqual(1e-4);
    }
  });

  test('a layer has coefficients of its own, and clamped ones stay in 0 to 1', async () => {
    const one = state({ [q]: factors([[1, 0]], [[1], [0]], 1), [v]: factors([[0, 1]], [[1], [0]], 1) });
    const weight = { shape: [2, 2], data: [0.5, 0, 0, 0.5] };
    const network = new ToyNetwork(
      [
        { name: q, weight },
        { name: v, weight },
      ],
      () => [{ inputs: { shape: [2, 2], data: [1, 0.2, -0.3, 1] } }],
    );
    const parameters = { max_steps: 60, lr: 0.5, clamp_weights: true, granularity: 'module' };
    const merged = await merge('adamerging', [one, one], parameters, network);
    for (const found of merged.modules.values())
      for (const value of found.tensors.get('b')?.data ?? []) expect(value >= 0 && value <= 1).toBe(true);
  });
});

test('RegMean by hand: each input belongs to the adapter that sees it', async () => {
  // Inputs of the first adapter are (1 0) alone, of the second (0 1): the merge takes each column from its adapter.
  const first = state({ [q]: factors([[1, 5]], [[1], [2]], 1) });
  const second = state({ [q]: factors([[7, 3]], [[1], [0]], 1) });
  const data: MergeData = {
    inputs: async (adapter) => ({
      shape: [2, 2],
      data: Float32Array.from(adapter === 0 ? [1, 0, 2, 0] : [0, 1, 0, -1]),
    }),
    loss: () => Promise.reject(new Error('not asked for')),
    score: () => Promise.reject(new Error('not asked for')),
    masks: () => ({ score: () => Promise.reject(new Error('not asked for')) }),
  };
  const merged = await merge('regmean', [first, second], { reduce_non_diagonal_ratio: 1 }, data);
  expect([...change(merged.modules.get(q) ?? factors([[0]], [[0]], 1))]).toEqual([1, 3, 2, 0]);
});

test('a method with data says so where there is none', async () => {
  const one = state({ [q]: factors([[1, 0]], [[1], [0]], 1) });
  await expect(
    mergeStates({ method: mergeMethod('adamerging'), weights: [1], parameters: {}, base }, [one]),
  ).rejects.toThrow('AdaMerging needs examples');
});

test('aligned average: the golden rotation of an adapter by another basis is undone', async () => {
  const given = await tensors('mode-connectivity', 'inputs.safetensors');
  const expected = await tensors('mode-connectivity', 'aligned.safetensors');
  const states = [0, 1].map((index) => state({ [q]: moduleOf(given(`A${index}`), given(`B${index}`), 2) }));
  const network = new ToyNetwork([], () => []);
  const merged = await merge('aligned-average', states, {}, network);
  const found = merged.modules.get(q);
  expect(found && relativeDifference(change(found), expected('average_delta').data)).toBeLessThanOrEqual(1e-5);
});
