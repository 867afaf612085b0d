import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { pruneMethod } from '../../../src-main/engine/prune/index.ts';
import { runPrune } from '../../../src-main/engine/prune/run-prune.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { describePruning } from '../../../src-shared/domain/adapters/prune.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { change, description, factors, state } from '../merge/states.ts';

const matrixSchema = z.object({ shape: z.array(z.number()), data: z.array(z.number()) });
const { truncation } = z
  .object({
    truncation: z.array(
      z.object({
        b: matrixSchema,
        a: matrixSchema,
        scaling: z.number(),
        best: z.array(matrixSchema),
        ranks: z.record(z.string(), z.number()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(goldenPath('linalg', 'expected.json'), 'utf8')));

const svd = pruneMethod('svd');
const cut = (from: AdapterState, base: ModelDescription, parameters: ParameterValues) =>
  runPrune({ method: svd, parameters, base: { description: base, directory: null } }, from);
const nameOf = (layer: number) => `vit.layers.${layer}.attention.q_proj`;
/** The golden factors, one module a layer; 7 inputs and 9 outputs. */
const adapter = state(
  Object.fromEntries(
    truncation.map(({ a, b, scaling }, layer) => [nameOf(layer), factors(rowsOf(a), rowsOf(b), scaling)]),
  ),
);

function rowsOf({ shape: [rows = 0, columns = 0], data }: z.infer<typeof matrixSchema>): number[][] {
  return Array.from({ length: rows }, (_, row) => data.slice(row * columns, (row + 1) * columns));
}

const scratch = mkdtempSync(join(tmpdir(), 'coto-svd-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("beside numpy's best approximations", () => {
  it.each([1, 2, 3])('cuts every module to rank %i', async (rank) => {
    const pruned = await cut(adapter, description(2), { rank });
    truncation.forEach(({ best }, layer) => {
      const module = pruned.state.modules.get(nameOf(layer));
      expect(module?.rank).toBe(rank);
      expect(module?.tensors.get('a')?.shape).toEqual([rank, 7]);
      expect(module?.tensors.get('b')?.shape).toEqual([9, rank]);
      expect(relativeDifference(module ? change(module) : [], best[rank - 1]?.data ?? [])).toBeLessThan(1e-6);
    });
    expect([pruned.kept, pruned.total]).toEqual([2 * rank * 16, 2 * 4 * 16]);
  });

  it.each(['0.5', '0.9', '0.99', '0.999'])('gives each module the rank that holds %s of its energy', async (share) => {
    const pruned = await cut(adapter, description(2), { energy: Number(share) });
    expect([...pruned.state.modules.values()].map(({ rank }) => rank)).toEqual(
      truncation.map(({ ranks }) => ranks[share]),
    );
  });
});

describe('by hand', () => {
  /** B·A = diag(3, 4), whose energy is 9 + 16. */
  const diagonal = state({
    [nameOf(0)]: factors(
      [
        [3, 0],
        [0, 2],
      ],
      [
        [1, 0],
        [0, 2],
      ],
      2,
    ),
  });
  const module = (parameters: Record<string, number | null>) =>
    cut(diagonal, description(1), parameters).then(({ state: { modules } }) => modules.get(nameOf(0)));

  it('keeps the 4 of diag(3, 4), and its scaling of 2', async () => {
    const kept = await module({ rank: 1 });
    expect(kept?.scaling).toBe(2);
    expect([...(kept?.tensors.get('b')?.data ?? [])]).toEqual([0, 2]);
    expect([...(kept?.tensors.get('a')?.data ?? [])]).toEqual([0, 2]);
  });

  it.each([
    [0.64, 1],
    [0.65, 2],
    [1, 2],
    [0.01, 1],
  ])('for a share of %d keeps rank %i: 16 of 25 is 0.64', async (energy, rank) => {
    expect((await module({ energy }))?.rank).toBe(rank);
  });

  it('drops what is zero with a share of 1, and keeps rank 1 of an adapter that does nothing', async () => {
    const same = factors(
      [
        [1, 2],
        [2, 4],
      ],
      [
        [1, 0],
        [1, 0],
      ],
      1,
    );
    const idle = factors(
      [
        [1, 2],
        [3, 4],
      ],
      [
        [0, 0],
        [0, 0],
      ],
      1,
    );
    const pruned = await cut(state({ [nameOf(0)]: same, [nameOf(1)]: idle }), description(2), { energy: 1 });
    expect([...pruned.state.modules.values()].map(({ rank }) => rank)).toEqual([1, 1]);
    expect([...change(pruned.state.modules.get(nameOf(1)) ?? idle)]).toEqual([0, 0, 0, 0]);
  });

  it('leaves a module of a lower rank at its own, and the adapter that came in as it was', async () => {
    expect((await module({ rank: 64 }))?.rank).toBe(2);
    expect(diagonal.modules.get(nameOf(0))?.rank).toBe(2);
  });

  it('is called by its rank or its energy share', () => {
    const named = (parameters: ParameterValues) => describePruning(svd.declaration, parameters);
    expect([named({}), named({ energy: 0.995 }), named({ rank: 4 })]).toEqual([
      'SVD to 90 % of the energy',
      'SVD to 99.5 % of the energy',
      'SVD to rank 4',
    ]);
  });

  it('refuses a rank of 0 and a share of 0 or above 1', async () => {
    await expect(module({ rank: 0 })).rejects.toThrow(/rank/);
    await expect(module({ energy: 0 })).rejects.toThrow(/energy/);
    await expect(module({ energy: 1.1 })).rejects.toThrow(/energy/);
  });
});

it('is written as a PEFT folder that says the ranks and alphas, and read back with the same change', async () => {
  const wide = description(2, 7);
  const fitting = {
    ...wide,
    linears: wide.linears.map((module) => (module.isHead ? module : { ...module, outFeatures: 9 })),
  };
  const pruned = (await cut(adapter, fitting, { energy: 0.9 })).state;
  await writeAdapter(join(scratch, 'written'), pruned, { description: fitting, baseModelName: 'base' });
  const config: unknown = JSON.parse(readFileSync(join(scratch, 'written', 'adapter_config.json'), 'utf8'));
  // Ranks 3 and 2 at scalings 2 and 0.5: r 3 with lora_alpha 6, and by full name 2 with 1.
  expect(config).toMatchObject({
    r: 3,
    lora_alpha: 6,
    rank_pattern: { [nameOf(1)]: 2 },
    alpha_pattern: { [nameOf(1)]: 1 },
  });
  const tensors = await readSafetensors(join(scratch, 'written', 'adapter_model.safetensors'));
  expect(
    Object.fromEntries([...tensors].map(([key, { shape }]) => [key.split('.').slice(-5).join('.'), shape])),
  ).toEqual({
    '0.attention.q_proj.lora_A.weight': [3, 7],
    '0.attention.q_proj.lora_B.weight': [9, 3],
    '1.attention.q_proj.lora_A.weight': [2, 7],
    '1.attention.q_proj.lora_B.weight': [9, 2],
  });
  const read = await readAdapter(join(scratch, 'written'), fitting);
  truncation.forEach(({ best }, layer) => {
    const module = read.modules.get(nameOf(layer));
    expect(relativeDifference(module ? change(module) : [], best[layer === 0 ? 2 : 1]?.data ?? [])).toBeLessThan(1e-6);
  });
});
