import { describe, expect, it } from 'vitest';
import type { ModuleState } from '../../../src-main/engine/adapters/variant/state.ts';
import { pruneMethod } from '../../../src-main/engine/prune/index.ts';
import { runPrune } from '../../../src-main/engine/prune/run-prune.ts';
import { change, description, factors, state } from '../merge/states.ts';

const nameOf = (layer: number) => `vit.layers.${layer}.attention.q_proj`;
/** B·A with these singular values, `width` inputs and two outputs. */
const module = (values: readonly [number, number], width: number, scaling = 1) =>
  factors(
    values.map((value, row) => Array.from({ length: width }, (_, column) => (column === row ? value : 0))),
    [
      [1, 0],
      [0, 1],
    ],
    scaling,
  );
/** Energy per entry: 36⁄4 and 4⁄4; 64⁄8 and 1⁄8; 9⁄4 (scaled by 3) and 0.25⁄4. Entries: 4, 4, 8, 8, 4, 4. */
const adapter = state({
  [nameOf(0)]: module([6, 2], 2),
  [nameOf(1)]: module([8, 1], 6),
  [nameOf(2)]: module([1, 0.5 / 3], 2, 3),
});
const cut = (kept_entries: number) =>
  runPrune(
    {
      method: pruneMethod('rank-budget'),
      parameters: { kept_entries },
      base: { description: description(3), directory: null },
    },
    adapter,
  );

describe('by hand', () => {
  it.each([
    [1, { 0: 2, 1: 2, 2: 2 }, 32],
    [0.75, { 0: 2, 1: 1, 2: 2 }, 24],
    [0.5, { 0: 1, 1: 1, 2: 1 }, 16],
    // 8 entries: the second module's direction takes 8 and no longer fits, so the third's does.
    [0.25, { 0: 1, 2: 1 }, 8],
    [0.125, { 0: 1 }, 4],
  ])('a share of %d of the entries', async (share, ranks, entries) => {
    const pruned = await cut(share);
    const found = [...pruned.state.modules].map(([name, { rank }]) => [name, rank]);
    expect(found).toEqual(Object.entries(ranks).map(([layer, rank]) => [nameOf(Number(layer)), rank]));
    expect([pruned.kept, pruned.total]).toEqual([entries, 32]);
  });

  it('leaves the kept part of ΔW as it was', async () => {
    const pruned = await cut(0.5);
    const rounded = (one: ModuleState | undefined) =>
      one ? [...change(one)].map((value) => Math.round(1e5 * value) / 1e5) : [];
    expect(rounded(pruned.state.modules.get(nameOf(2)))).toEqual([3, 0, 0, 0]);
    expect(pruned.note).toBe('Ranks from 1 to 1; 0 of 3 modules removed.');
  });

  it('refuses a budget that holds nothing', async () => {
    await expect(cut(0.01)).rejects.toThrow('Rank budget: 1 % of the entries hold no singular value of any module.');
  });
});

it('loses the least for its entries among modules of one size', async () => {
  // Every choice of three leading directions out of two modules of rank 2, by brute force.
  const values = [
    [3, 2.5],
    [2, 1],
  ] as const;
  const pruned = await runPrune(
    {
      method: pruneMethod('rank-budget'),
      parameters: { kept_entries: 0.75 },
      base: { description: description(2), directory: null },
    },
    state({ [nameOf(0)]: module(values[0], 2), [nameOf(1)]: module(values[1], 2) }),
  );
  const ranks = [0, 1].map((layer) => pruned.state.modules.get(nameOf(layer))?.rank ?? 0);
  const lost = (kept: readonly number[]) =>
    values.flatMap((two, at) => two.slice(kept[at])).reduce((sum, value) => sum + value ** 2, 0);
  const choices = [
    [1, 2],
    [2, 1],
  ];
  expect(lost(ranks)).toBe(Math.min(...choices.map(lost)));
});
