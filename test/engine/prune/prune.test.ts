import { expect, test } from 'vitest';
import { derivePeftConfig } from '../../../src-main/engine/adapters/peft/derive-config.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/state.ts';
import { resolveTargetModules } from '../../../src-main/engine/adapters/target-modules.ts';
import { checkedParameters } from '../../../src-main/engine/checked-parameters.ts';
import { pruneMethod, pruneMethods } from '../../../src-main/engine/prune/index.ts';
import { adapterConfigSchema } from '../../../src-shared/domain/adapter.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { describePruning } from '../../../src-shared/domain/prune.ts';
import { description, factors, matrix, state } from '../merge/states.ts';

/** Adapters on q_proj of every layer, each with 2 + 2 entries; layer n has A = [n + 1, −(n + 1)]. */
function layered(layerCount: number, config: object = {}) {
  const modules = Object.fromEntries(
    Array.from({ length: layerCount }, (_, layer) => [
      `vit.layers.${layer}.attention.q_proj`,
      factors([[layer + 1, -(layer + 1)]], [[1], [2]], 1),
    ]),
  );
  return state(modules, {
    config,
    saved: {
      'classifier.weight': matrix([
        [1e-6, 0],
        [0, 1],
      ]),
    },
  });
}
function layersOf(pruned: { state: ReturnType<typeof state> }): number[] {
  return [...pruned.state.modules.keys()].map((name) => Number(name.split('.')[2]));
}

test('every other layer keeps 0, 2, 4 … by default, 1, 3, 5 … on request', () => {
  const method = pruneMethod('every-other-layer');
  const even = method.prune(layered(5), description(5), {});
  expect(layersOf(even)).toEqual([0, 2, 4]);
  expect([even.kept, even.total]).toEqual([12, 20]);
  expect(layersOf(method.prune(layered(5), description(5), { keep: 'odd' }))).toEqual([1, 3]);
});

test('thirds of 12 layers are 0–3, 4–7, 8–11; of 4 layers 0, 1, 2–3', () => {
  const method = pruneMethod('layer-third');
  const kept = (layerCount: number, third: string) =>
    layersOf(method.prune(layered(layerCount), description(layerCount), { third }));
  expect(kept(12, 'low')).toEqual([0, 1, 2, 3]);
  expect(kept(12, 'middle')).toEqual([4, 5, 6, 7]);
  expect(kept(12, 'high')).toEqual([8, 9, 10, 11]);
  expect([kept(4, 'low'), kept(4, 'middle'), kept(4, 'high')]).toEqual([[0], [1], [2, 3]]);
  expect(describePruning(method.declaration, { third: 'middle' })).toBe('Middle third');
  expect(() => kept(2, 'low')).toThrow(/Nothing would be left/);
  expect(() => method.check?.(layered(2), description(2), { third: 'low' })).toThrow(/Nothing would be left/);
  expect(() => method.check?.(layered(12), description(12), { third: 'low' })).not.toThrow();
  expect(() => kept(12, 'top')).toThrow(/third/);
});

test('the config says which layers are left, so that a reader makes only these', () => {
  const base = description(6);
  const written = (pruned: AdapterState) => derivePeftConfig({ ...pruned, savedNames: pruned.saved.keys() }, base);
  for (const target_modules of [['q_proj'], 'all-linear', '.*q_proj']) {
    const pruned = pruneMethod('every-other-layer').prune(layered(6, { target_modules }), base, {});
    const config = adapterConfigSchema.parse(written(pruned.state));
    expect(resolveTargetModules(config, base).map((module) => module.name)).toEqual([...pruned.state.modules.keys()]);
  }
  const listed = pruneMethod('every-other-layer').prune(layered(6), base, {});
  expect(written(listed.state)['layers_to_transform']).toEqual([0, 2, 4]);
});

test('magnitude zeroes exactly ⌊s·n⌋ of each factor, smallest first, ties by index, heads never', () => {
  const module = 'vit.layers.0.attention.q_proj';
  const adapter = state(
    { [module]: factors([[3, -1, 2, 1, 0.5]], [[1], [-1], [1], [5]], 1) },
    { saved: { 'classifier.weight': matrix([[1e-9, 1]]) } },
  );
  const pruned = pruneMethod('magnitude').prune(adapter, description(1), { sparsity: 0.5 });
  const kept = pruned.state.modules.get(module);
  // A: 2 of 5 go: 0.5, then the first of the two ones (index 1). B: 2 of 4: of three ones the first two.
  expect([...(kept?.tensors.get('a')?.data ?? [])]).toEqual([3, 0, 2, 1, 0]);
  expect([...(kept?.tensors.get('b')?.data ?? [])]).toEqual([0, 0, 1, 5]);
  expect([pruned.kept, pruned.total]).toEqual([5, 9]);
  expect(pruned.state.saved).toEqual(adapter.saved);
  expect([...(adapter.modules.get(module)?.tensors.get('a')?.data ?? [])]).toEqual([3, -1, 2, 1, 0.5]);
});

test('globally, the smallest entries of all factors go', () => {
  const first = 'vit.layers.0.attention.q_proj';
  const second = 'vit.layers.1.attention.q_proj';
  const adapter = state({
    [first]: factors([[0.1, 0.2]], [[0.3], [9]], 1),
    [second]: factors([[5, 6]], [[7], [0.25]], 1),
  });
  const pruned = pruneMethod('magnitude').prune(adapter, description(2), { sparsity: 0.5, scope: 'global' });
  const values = [...pruned.state.modules.values()].map(({ tensors }) =>
    [...tensors.values()].flatMap(({ data }) => [...data]),
  );
  expect(values).toEqual([
    [0, 0, 0, 9],
    [5, 6, 7, 0],
  ]);
  expect(pruned.kept).toBe(4);
});

test('counts are exact where s·n is a whole number that binary misses', () => {
  const hundred = [Array.from({ length: 100 }, (_, index) => index + 1)];
  const adapter = state({ 'vit.layers.0.attention.q_proj': factors(hundred, [[1]], 1) });
  const zeroed = (sparsity: number) => {
    const pruned = pruneMethod('magnitude').prune(adapter, description(1), { sparsity });
    return pruned.state.modules
      .get('vit.layers.0.attention.q_proj')
      ?.tensors.get('a')
      ?.data.filter((value) => value === 0).length;
  };
  expect([0, 0.29, 0.57, 0.9, 1].map(zeroed)).toEqual([0, 29, 57, 90, 100]);
  expect(() => pruneMethod('magnitude').prune(adapter, description(1), { sparsity: 1.5 })).toThrow(/sparsity/);
});

test('a pruning is called by its pattern or its grid value, with what else is not the default', () => {
  const named = (id: string, parameters: ParameterValues) => describePruning(pruneMethod(id).declaration, parameters);
  expect([named('every-other-layer', {}), named('every-other-layer', { keep: 'odd' })]).toEqual([
    'Every other layer',
    'Every other layer (odd)',
  ]);
  expect(named('layer-third', {})).toBe('Low third');
  expect([named('magnitude', {}), named('magnitude', { sparsity: 0.123456 })]).toEqual([
    '50 % zeroed',
    '12.35 % zeroed',
  ]);
  expect(named('magnitude', { sparsity: 0.9, scope: 'global' })).toBe('90 % zeroed (All factors together)');
});

test.each(pruneMethods.map(({ declaration }) => declaration))(
  '$id declares patterns and a grid that it takes',
  (one) => {
    for (const { parameters } of one.patterns) expect(() => checkedParameters(one, parameters)).not.toThrow();
    expect(new Set(one.patterns.map(({ parameters }) => describePruning(one, parameters)))).toEqual(
      new Set(one.patterns.map(({ label }) => label)),
    );
    const { grid } = one;
    if (grid === null) return;
    for (const value of grid.values) expect(() => checkedParameters(one, { [grid.parameter]: value })).not.toThrow();
    expect(grid.label).toContain('{value}');
  },
);
