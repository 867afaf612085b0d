import path from 'node:path';
import { expect, test } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { withShared } from '../../../../src-main/engine/adapters/variant/variant.ts';
import { matmul } from '../../../../src-main/engine/linalg/index.ts';
import { updateOf } from '../../../../src-main/engine/merge/merge-method.ts';
import { productsOfFolders } from '../../../../src-main/engine/merge/run/merge-folders.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { weightEffect } from '../../../../src-shared/results/weight-effect.ts';
import { goldenPath } from '../../golden.ts';

test('shares and cosines are those of the sum of the updates in full', async () => {
  const description = await describeModel(goldenPath('llama', 'base'));
  const names = ['a0', 'a1', 'a2'];
  const folders = names.map((name) => goldenPath('llama', 'merges', 'mixed-ranks', name));
  const products = await productsOfFolders(folders, { description, names });
  const states = await Promise.all(folders.map((folder) => readAdapter(folder, description)));

  // ΔW of every module, one after the other; in layer 0, the first adapter has another weight.
  const modules = [...new Set(states.flatMap(({ modules: own }) => [...own.keys()]))];
  const weights = [[2, 0.5], 0.5, -0.25] as const;
  const dense = states.map((state) =>
    modules.map((name) => {
      const own = state.modules.get(name);
      const linear = description.linears.find((one) => one.name === name);
      const { a, b, scaling } =
        own && linear ? updateOf(state.variant, withShared(linear, own, state)) : { a: null, b: null, scaling: 0 };
      const layer = linear?.layer ?? 0;
      return { layer, values: a && b ? matmul(b, a).data.map((value) => scaling * value) : new Float64Array(0) };
    }),
  );
  const dot = (one: readonly Float64Array[], other: readonly Float64Array[]) =>
    one.reduce((sum, part, at) => sum + part.reduce((all, value, k) => all + value * (other[at]?.[k] ?? 0), 0), 0);
  const plain = dense.map((parts) => parts.map(({ values }) => values));
  const weighted = dense.map((parts, at) =>
    parts.map(({ layer, values }) => {
      const weight = weights[at] ?? 0;
      return values.map((value) => (typeof weight === 'number' ? weight : (weight[layer] ?? 0)) * value);
    }),
  );
  const sum = modules.map((_, module) => {
    const size = Math.max(...weighted.map((parts) => parts[module]?.length ?? 0));
    return Float64Array.from({ length: size }, (_, k) =>
      weighted.reduce((total, parts) => total + (parts[module]?.[k] ?? 0), 0),
    );
  });
  const energy = dot(sum, sum);
  const effect = weightEffect(products, weights);
  for (const [at, input] of (effect?.inputs ?? []).entries()) {
    expect(input.share).toBeCloseTo(dot(weighted[at] ?? [], sum) / energy, 6);
    const own = plain[at] ?? [];
    expect(input.cosine).toBeCloseTo(dot(own, sum) / Math.sqrt(dot(own, own) * energy), 6);
  }
  expect(effect?.inputs).toHaveLength(3);
  expect(effect?.inputs.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 9);
  const norms = weighted.reduce((total, parts) => total + Math.sqrt(dot(parts, parts)), 0);
  expect(effect?.kept).toBeCloseTo(Math.sqrt(energy) / norms, 6);
  const dora = path.join(goldenPath('llama', 'adapters'), 'dora');
  const refused = productsOfFolders([folders[0] ?? '', dora], { description, names });
  await expect(refused).rejects.toThrow(/is a DoRA adapter/);
});

test('by hand: one update against another, and a sum that cancels', () => {
  const products = {
    layers: [null],
    products: [
      [
        [4, -2],
        [-2, 1],
      ],
    ],
  };
  // The second is −½ of the first: 1·ΔW − ½·ΔW, of norms 2 and 1.
  const effect = weightEffect(products, [1, 1]);
  expect(effect?.inputs).toEqual([
    { share: 2, cosine: 1 },
    { share: -1, cosine: -1 },
  ]);
  expect(effect?.kept).toBeCloseTo(1 / 3, 12);
  expect(weightEffect(products, [1, 2])).toBe(null);
  expect(weightEffect(products, [0, 0])).toBe(null);
});
