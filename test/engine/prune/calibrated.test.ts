import { beforeAll, expect, it } from 'vitest';
import type { ModuleState } from '../../../src-main/engine/adapters/variant/state.ts';
import { pruneMethod } from '../../../src-main/engine/prune/index.ts';
import type { PruneData } from '../../../src-main/engine/prune/prune-method.ts';
import { runPrune } from '../../../src-main/engine/prune/run-prune.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { floats, goldenPath, relativeDifference, taken } from '../golden.ts';
import { description, factors, matrix, moduleOf, state } from '../merge/states.ts';

const nameOf = (layer: number) => `vit.layers.${layer}.attention.q_proj`;
const golden = (file: string) => readSafetensors(goldenPath('methods', 'pruning', file));

let inputs: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  inputs = await golden('inputs.safetensors');
});

/** Prunes an adapter of `layers` layers with given data. */
function prune(
  id: string,
  modules: Record<string, ModuleState>,
  parameters: ParameterValues,
  data: Partial<PruneData>,
) {
  const layers = Object.keys(modules).length;
  const unused = () => Promise.reject(new Error('not asked for'));
  return runPrune(
    {
      method: pruneMethod(id),
      parameters,
      base: { description: description(layers), directory: null },
      data: async () => ({ inputs: unused, score: unused, close() {}, ...data }),
    },
    state(modules),
  );
}

it.each([0.3, 0.5, 1])('Wanda keeps the golden entries at density %d', async (density) => {
  const modules = Object.fromEntries(
    [0, 1].map((index) => [nameOf(index), moduleOf(taken(inputs, `${index}.A`), taken(inputs, `${index}.B`), 1.5)]),
  );
  const made = await prune('wanda', modules, { sparsity: 1 - density }, { inputs: async () => taken(inputs, 'X') });
  const expected = await golden(`wanda-${density === 1 ? '1.0' : density}.safetensors`);
  for (const index of [0, 1])
    for (const part of ['A', 'B']) {
      const values = made.state.modules.get(nameOf(index))?.tensors.get(part.toLowerCase())?.data ?? [];
      expect(relativeDifference(values, floats(taken(expected, `${index}.${part}`))), `${index}.${part}`).toBe(0);
    }
});

/** Four layers, and a score that is a sum of their values, less 6 where both of layers 1 and 2 are on. */
const four = Object.fromEntries([0, 1, 2, 3].map((layer) => [nameOf(layer), factors([[1, 1]], [[1], [1]], 1)]));
const values = [1, 5, 4, 2];
const game: Pick<PruneData, 'score'> = {
  score: async (sets) =>
    sets.map((modules) => {
      const on = [0, 1, 2, 3].filter((layer) => modules.has(nameOf(layer)));
      const sum = on.reduce((total, layer) => total + (values[layer] ?? 0), 0);
      return sum - (on.includes(1) && on.includes(2) ? 6 : 0);
    }),
};
const kept = (made: Awaited<ReturnType<typeof prune>>) => [...made.state.modules.keys()];

it('greedy removes layer by layer what is missed least', async () => {
  // v(all) = 6; without 2 it is 8, the best of 5, 7, 8, 4; of {0, 1, 3} layer 0 goes, then 3.
  expect(kept(await prune('greedy', four, { keep: 2 }, game))).toEqual([nameOf(1), nameOf(3)]);
  const one = await prune('greedy', four, { keep: 1 }, game);
  expect(kept(one)).toEqual([nameOf(1)]);
  expect(one.note).toBe('Removed, with the score after each: layer 2 (8.0000), layer 0 (7.0000), layer 3 (5.0000).');
  expect(kept(await prune('greedy', four, { keep: 9 }, game))).toHaveLength(4);
});

it('contribution: leave one out, and each alone', async () => {
  // Left out, the scores are 5, 7, 8, 4 of 6: contributions 1, −1, −2, 2.
  const left = await prune('contribution', four, { keep: 2 }, game);
  expect(kept(left)).toEqual([nameOf(0), nameOf(3)]);
  expect(left.note).toBe('Contributions: layer 0 1.0000, layer 1 -1.0000, layer 2 -2.0000, layer 3 2.0000.');
  expect(kept(await prune('contribution', four, { keep: 2, measure: 'alone' }, game))).toEqual([nameOf(1), nameOf(2)]);
  // Layers 1 and 2 share the loss of 6 that they make together: 1, 5 − 3, 4 − 3, 2, by either value.
  for (const measure of ['shapley', 'banzhaf']) {
    const { note } = await prune('contribution', four, { keep: 2, measure }, game);
    expect(note).toBe('Contributions: layer 0 1.0000, layer 1 2.0000, layer 2 1.0000, layer 3 2.0000.');
  }
});

it('boundary layer: the lowest boundary with the best score, within the tolerance', async () => {
  // Up to a layer: 1, 6, 4 (both 1 and 2), 6.
  const best = await prune('boundary-layer', four, {}, game);
  expect(kept(best)).toEqual([nameOf(0), nameOf(1)]);
  expect(best.note).toBe(
    'Scores with the adapters up to a layer: layer 0 1.0000, layer 1 6.0000, layer 2 4.0000, layer 3 6.0000.',
  );
  const shares = { score: async () => [0.5, 0.79, 0.8, 0.7] };
  expect(kept(await prune('boundary-layer', four, { tolerance: 0.01 }, shares))).toHaveLength(2);
  expect(kept(await prune('boundary-layer', four, { tolerance: 0.005 }, shares))).toHaveLength(3);
  expect(kept(await prune('boundary-layer', four, { tolerance: 0.3 }, shares))).toHaveLength(1);
  const unknown = { score: async () => [0.5, Number.NaN, 0.8, 0.7] };
  expect(kept(await prune('boundary-layer', four, {}, unknown))).toHaveLength(4);
});

it('LoRA-drop keeps the largest outputs up to the threshold, worked by hand', async () => {
  // One input row [1, 2]: A·x = 3, ΔW·x = s·3·b. Squared norms with s = 2: 36·|b|², |b|² = 1, 4, 5.
  const modules = Object.fromEntries(
    [
      [[1], [0]],
      [[0], [2]],
      [[1], [2]],
    ].map((b, layer) => [nameOf(layer), factors([[1, 1]], b, 2)]),
  );
  const data = { inputs: async () => matrix([[1, 2]]) };
  const half = await prune('lora-drop', modules, { threshold: 0.5 }, data);
  expect(kept(half)).toEqual([nameOf(2)]);
  expect(half.note).toBe('Importances: layer 2 50.0 %, layer 1 40.0 %, layer 0 10.0 %.');
  expect(kept(await prune('lora-drop', modules, { threshold: 0.6 }, data))).toEqual([nameOf(1), nameOf(2)]);
  expect(kept(await prune('lora-drop', modules, { threshold: 1 }, data))).toHaveLength(3);
});
