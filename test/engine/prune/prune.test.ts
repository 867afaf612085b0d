import { expect, test } from 'vitest';
import { derivePeftConfig } from '../../../src-main/engine/adapters/peft/derive-config.ts';
import { resolveTargetModules } from '../../../src-main/engine/adapters/targets/target-modules.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { pruneMethod, pruneMethods } from '../../../src-main/engine/prune/index.ts';
import { hasRole } from '../../../src-main/engine/prune/module-type.ts';
import { runPrune } from '../../../src-main/engine/prune/run-prune.ts';
import { adapterConfigSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { describePruning } from '../../../src-shared/domain/adapters/prune.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { description, factors, matrix, state } from '../merge/states.ts';

/** Prunes without a base at hand. */
function prune(id: string, adapter: AdapterState, base: ModelDescription, parameters: ParameterValues) {
  return runPrune({ method: pruneMethod(id), parameters, base: { description: base, directory: null } }, adapter);
}

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

test('every other layer keeps 0, 2, 4 … by default, 1, 3, 5 … on request', async () => {
  const even = await prune('every-other-layer', layered(5), description(5), {});
  expect(layersOf(even)).toEqual([0, 2, 4]);
  expect([even.kept, even.total]).toEqual([12, 20]);
  expect(layersOf(await prune('every-other-layer', layered(5), description(5), { keep: 'odd' }))).toEqual([1, 3]);
});

test('thirds of 12 layers are 0–3, 4–7, 8–11; of 4 layers 0, 1, 2–3', async () => {
  const method = pruneMethod('layer-third');
  const kept = async (layerCount: number, third: string) =>
    layersOf(await prune('layer-third', layered(layerCount), description(layerCount), { third }));
  expect(await kept(12, 'low')).toEqual([0, 1, 2, 3]);
  expect(await kept(12, 'middle')).toEqual([4, 5, 6, 7]);
  expect(await kept(12, 'high')).toEqual([8, 9, 10, 11]);
  expect([await kept(4, 'low'), await kept(4, 'middle'), await kept(4, 'high')]).toEqual([[0], [1], [2, 3]]);
  expect(describePruning(method.declaration, { third: 'middle' })).toBe('Middle third');
  await expect(kept(2, 'low')).rejects.toThrow(/Nothing would be left/);
  expect(() => method.check?.(layered(2), description(2), { third: 'low' })).toThrow(/Nothing would be left/);
  expect(() => method.check?.(layered(12), description(12), { third: 'low' })).not.toThrow();
  await expect(kept(12, 'top')).rejects.toThrow(/third/);
});

test('the first or the last k layers stay, and k random ones by seed', async () => {
  const kept = async (id: string, parameters: ParameterValues) =>
    layersOf(await prune(id, layered(8), description(8), parameters));
  expect(await kept('layer-range', { layers: 3, end: 'first' })).toEqual([0, 1, 2]);
  expect(await kept('layer-range', { layers: 3 })).toEqual([5, 6, 7]);
  expect(await kept('layer-range', { layers: 20 })).toHaveLength(8);
  const drawn = (seed: number, layers = 3) => kept('random-layers', { layers, seed });
  expect(await drawn(4)).toEqual(await drawn(4));
  expect(await drawn(4, 5)).toEqual(expect.arrayContaining(await drawn(4)));
  const counts = new Array<number>(8).fill(0);
  for (let seed = 0; seed < 2000; seed++)
    for (const layer of await drawn(seed)) counts[layer] = (counts[layer] ?? 0) + 1;
  // 750 expected; the standard deviation is 22.
  for (const count of counts) expect(Math.abs(count - 750)).toBeLessThan(110);
});

test('one type of module stays in every layer, by its role or by name', async () => {
  const both = state(
    Object.fromEntries(
      [0, 1].flatMap((layer) =>
        ['q_proj', 'v_proj'].map((name) => [`vit.layers.${layer}.attention.${name}`, factors([[1, 1]], [[1], [1]], 1)]),
      ),
    ),
  );
  const kept = async (parameters: ParameterValues) => [
    ...(await prune('module-type', both, description(2), parameters)).state.modules.keys(),
  ];
  const onlyV = ['vit.layers.0.attention.v_proj', 'vit.layers.1.attention.v_proj'];
  expect(await kept({ type: 'v' })).toEqual(onlyV);
  expect(await kept({ target_modules: ['v_proj'] })).toEqual(onlyV);
  expect(await kept({ target_modules: ['layers.1.attention.v_proj'] })).toEqual(onlyV.slice(1));
  expect(await kept({ type: 'attention' })).toHaveLength(4);
  await expect(kept({ type: 'k' })).rejects.toThrow('no adapted module is of the type Keys (k)');
  expect(() => pruneMethod('module-type').check?.(both, description(2), { type: 'mlp' })).toThrow(
    /Nothing would be left/,
  );
});

test.each([
  ['model.layers.0.self_attn.q_proj', 'q'],
  ['bert.encoder.layer.3.attention.self.key', 'k'],
  ['distilbert.transformer.layer.1.attention.v_lin', 'v'],
  ['bert.encoder.layer.3.attention.output.dense', 'o'],
  ['bert.encoder.layer.3.output.dense', 'mlp'],
  ['transformer.h.2.attn.c_proj', 'o'],
  ['transformer.h.2.mlp.c_proj', 'mlp'],
  ['unet.down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0', 'o'],
  ['model.layers.5.mlp.gate_proj', 'mlp'],
  ['model.layers.5.mlp.gate_up_proj', 'mlp'],
  ['gpt_neox.layers.2.attention.dense', 'o'],
  ['gpt_neox.layers.2.mlp.dense_h_to_4h', 'mlp'],
  ['gpt_neox.layers.2.mlp.dense_4h_to_h', 'mlp'],
  ['model.layers.1.self_attn.dense', 'o'],
  ['model.layers.3.attn.Wo', 'o'],
  ['model.layers.3.mlp.Wo', 'mlp'],
  ['model.layers.3.mlp.Wi', 'mlp'],
  ['encoder.block.0.layer.1.DenseReluDense.wo', 'mlp'],
  ['encoder.block.0.layer.0.SelfAttention.o', 'o'],
] as const)('%s has the role %s alone', (name, role) => {
  for (const one of ['q', 'k', 'v', 'o', 'mlp'] as const) expect(hasRole([name], one), one).toBe(one === role);
  expect(hasRole([name], 'attention')).toBe(role !== 'mlp');
});

test.each([
  'model.layers.0.self_attn.qkv_proj',
  'gpt_neox.layers.0.attention.query_key_value',
  'model.layers.0.attn.Wqkv',
])('%s is of attention as a whole alone', (name) => {
  for (const one of ['q', 'k', 'v', 'o', 'mlp'] as const) expect(hasRole([name], one), one).toBe(false);
  expect(hasRole([name], 'attention')).toBe(true);
});

test('random entries: exact counts, the same for one seed, kept ones unchanged', async () => {
  const rows = Array.from({ length: 4 }, (_, row) => Array.from({ length: 25 }, (_, column) => row * 25 + column + 1));
  const adapter = state({ 'vit.layers.0.attention.q_proj': factors(rows, [[1, 2, 3, 4]], 1) });
  const entries = async (seed: number, sparsity = 0.29) => {
    const pruned = await prune('random', adapter, description(1), { sparsity, seed });
    return [...pruned.state.modules.values()].flatMap(({ tensors }) => [...(tensors.get('a')?.data ?? [])]);
  };
  const first = await entries(1);
  expect(first.filter((value) => value !== 0)).toHaveLength(71);
  first.forEach((value, at) => {
    expect([0, at + 1]).toContain(value);
  });
  expect(await entries(1)).toEqual(first);
  expect(await entries(2)).not.toEqual(first);
  expect((await entries(1, 0)).filter((value) => value === 0)).toEqual([]);
});

test('an adapter with a NaN is refused by name', async () => {
  const adapter = state({ 'vit.layers.0.attention.q_proj': factors([[Number.NaN, 1]], [[1], [2]], 1) });
  for (const id of ['magnitude', 'random', 'svd'])
    await expect(prune(id, adapter, description(1), {})).rejects.toThrow(
      'a of vit.layers.0.attention.q_proj has a NaN',
    );
});

test('adapters whose product has further factors are refused where the product is decomposed', async () => {
  const module = factors([[1, 2]], [[1], [2]], 1);
  const tensors = new Map(module.tensors).set('e', matrix([[3]]));
  const adapter = state({ 'vit.layers.0.attention.q_proj': { ...module, tensors } }, { variant: 'adalora' });
  for (const [id, parameters] of [
    ['svd', {}],
    ['magnitude', { on: 'delta' }],
  ] as const)
    await expect(prune(id, adapter, description(1), parameters)).rejects.toThrow('has further factors');
  expect((await prune('magnitude', adapter, description(1), {})).kept).toBe(2);
});

test('the config says which layers are left, so that a reader makes only these', async () => {
  const base = description(6);
  const written = (pruned: AdapterState) => derivePeftConfig({ ...pruned, savedNames: pruned.saved.keys() }, base);
  for (const target_modules of [['q_proj'], 'all-linear', '.*q_proj']) {
    const pruned = await prune('every-other-layer', layered(6, { target_modules }), base, {});
    const config = adapterConfigSchema.parse(written(pruned.state));
    expect(resolveTargetModules(config, base).map((module) => module.name)).toEqual([...pruned.state.modules.keys()]);
  }
  const listed = await prune('every-other-layer', layered(6), base, {});
  expect(written(listed.state)['layers_to_transform']).toEqual([0, 2, 4]);
});

test('magnitude keeps exactly ⌊(1 − s)·n⌋ of each factor, largest first, of equal ones the earlier, heads never', async () => {
  const module = 'vit.layers.0.attention.q_proj';
  const adapter = state(
    { [module]: factors([[3, -1, 2, 1, 0.5]], [[1], [-1], [1], [5]], 1) },
    { saved: { 'classifier.weight': matrix([[1e-9, 1]]) } },
  );
  const pruned = await prune('magnitude', adapter, description(1), { sparsity: 0.5 });
  const kept = pruned.state.modules.get(module);
  // A: 2 of 5 stay: 3 and 2. B: 2 of 4: 5, and of three ones the first.
  expect([...(kept?.tensors.get('a')?.data ?? [])]).toEqual([3, 0, 2, 0, 0]);
  expect([...(kept?.tensors.get('b')?.data ?? [])]).toEqual([1, 0, 0, 5]);
  expect([pruned.kept, pruned.total]).toEqual([4, 9]);
  expect(pruned.state.saved).toEqual(adapter.saved);
  expect([...(adapter.modules.get(module)?.tensors.get('a')?.data ?? [])]).toEqual([3, -1, 2, 1, 0.5]);
});

test('globally, the smallest entries of all factors go', async () => {
  const first = 'vit.layers.0.attention.q_proj';
  const second = 'vit.layers.1.attention.q_proj';
  const adapter = state({
    [first]: factors([[0.1, 0.2]], [[0.3], [9]], 1),
    [second]: factors([[5, 6]], [[7], [0.25]], 1),
  });
  const pruned = await prune('magnitude', adapter, description(2), { sparsity: 0.5, scope: 'global' });
  const values = [...pruned.state.modules.values()].map(({ tensors }) =>
    [...tensors.values()].flatMap(({ data }) => [...data]),
  );
  expect(values).toEqual([
    [0, 0, 0, 9],
    [5, 6, 7, 0],
  ]);
  expect(pruned.kept).toBe(4);
});

test('counts are exact where s·n is a whole number that binary misses', async () => {
  const hundred = [Array.from({ length: 100 }, (_, index) => index + 1)];
  const adapter = state({ 'vit.layers.0.attention.q_proj': factors(hundred, [[1]], 1) });
  const zeroed = async (sparsity: number) => {
    const pruned = await prune('magnitude', adapter, description(1), { sparsity });
    return pruned.state.modules
      .get('vit.layers.0.attention.q_proj')
      ?.tensors.get('a')
      ?.data.filter((value) => value === 0).length;
  };
  expect(await Promise.all([0, 0.29, 0.57, 0.9, 1].map(zeroed))).toEqual([0, 29, 57, 90, 100]);
  await expect(prune('magnitude', adapter, description(1), { sparsity: 1.5 })).rejects.toThrow(/sparsity/);
});

test('a pruning is called by its pattern or its grid value, with what else is not the default', async () => {
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
  expect(named('magnitude', { sparsity: 0.9, scope: 'global' })).toBe('90 % zeroed (All tensors together)');
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
