import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { pruneMethod } from '../../../src-main/engine/prune/index.ts';
import { runPrune } from '../../../src-main/engine/prune/run-prune.ts';
import { change, description, factors, state } from '../merge/states.ts';

const nameOf = (layer: number) => `vit.layers.${layer}.attention.q_proj`;
const diagonal = (one: number, other: number, scaling = 1) =>
  factors(
    [
      [one, 0],
      [0, other],
    ],
    [
      [1, 0],
      [0, 1],
    ],
    scaling,
  );
/** Singular values of ΔW by module: 8 and 1, 6 and 3 (scaled by 3), 0.5 and 0.25. */
const adapter = state({
  [nameOf(0)]: diagonal(8, 1),
  [nameOf(1)]: diagonal(2, 1, 3),
  [nameOf(2)]: diagonal(0.5, 0.25),
});
const base = description(3);
const cut = (kept_ranks: number) =>
  runPrune(
    { method: pruneMethod('para'), parameters: { kept_ranks }, base: { description: base, directory: null } },
    adapter,
  );

const scratch = mkdtempSync(join(tmpdir(), 'coto-para-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('by hand', () => {
  it.each([
    [1, { 0: 2, 1: 2, 2: 2 }, [8, 0, 0, 1]],
    [0.5, { 0: 1, 1: 2 }, [8, 0, 0, 0]],
    [0.34, { 0: 1, 1: 2 }, [8, 0, 0, 0]],
    [1 / 3, { 0: 1, 1: 1 }, [8, 0, 0, 0]],
    [0.01, { 0: 1 }, [8, 0, 0, 0]],
  ])('a share of %d keeps the largest values of all modules', async (share, ranks, first) => {
    const pruned = await cut(share);
    const found = [...pruned.state.modules].map(([name, { rank }]) => [name, rank]);
    expect(found).toEqual(Object.entries(ranks).map(([layer, rank]) => [nameOf(Number(layer)), rank]));
    const module = pruned.state.modules.get(nameOf(0));
    (module ? change(module) : []).forEach((value, at) => {
      expect(value).toBeCloseTo(first[at] ?? Number.NaN, 6);
    });
    const entries = Object.values(ranks).reduce((sum, rank) => sum + 4 * rank, 0);
    expect([pruned.kept, pruned.total]).toEqual([entries, 24]);
  });

  it('counts scaled values, keeps the scaling, and says how ranks went', async () => {
    const pruned = await cut(0.5);
    const second = pruned.state.modules.get(nameOf(1));
    expect(second?.scaling).toBe(3);
    expect(second ? [...change(second)].map((value) => Math.round(1e5 * value) / 1e5) : []).toEqual([6, 0, 0, 3]);
    expect(pruned.note).toBe('Ranks from 1 to 2; 1 of 3 modules removed.');
  });

  it('is written and read with a rank for each module', async () => {
    const pruned = await cut(0.5);
    const folder = join(scratch, 'written');
    await writeAdapter(folder, pruned.state, { description: base, baseModelName: 'vit' });
    const again = await readAdapter(folder, base);
    expect([...again.modules].map(([name, { rank }]) => [name, rank])).toEqual([
      [nameOf(0), 1],
      [nameOf(1), 2],
    ]);
  });
});
