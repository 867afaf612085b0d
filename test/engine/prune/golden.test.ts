import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pruneMethod } from '../../../src-main/engine/prune/index.ts';
import { runPrune } from '../../../src-main/engine/prune/run-prune.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { floats, goldenPath, relativeDifference, taken } from '../golden.ts';
import { change, description, moduleOf, state } from '../merge/states.ts';

const folder = (...parts: string[]) => goldenPath('methods', 'pruning', ...parts);
const settings = z
  .object({
    scaling: z.number(),
    cases: z.array(
      z.object({
        case: z.string(),
        density: z.number().optional(),
        energy: z.record(z.string(), z.number()).optional(),
        kept_global: z.number().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(folder('settings.json'), 'utf8')));

const nameOf = (index: number) => `vit.layers.${index}.attention.q_proj`;
let inputs: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  inputs = await readSafetensors(folder('inputs.safetensors'));
});

/** The golden factors, one module a layer: 7 inputs, 8 outputs, rank 5. */
function adapter() {
  const module = (index: number) =>
    moduleOf(taken(inputs, `${index}.A`), taken(inputs, `${index}.B`), settings.scaling);
  return state({ [nameOf(0)]: module(0), [nameOf(1)]: module(1) });
}

function pruned(id: string, parameters: ParameterValues) {
  return runPrune(
    { method: pruneMethod(id), parameters, base: { description: description(2), directory: null } },
    adapter(),
  );
}

const magnitudeCases = (on: 'factors' | 'delta') =>
  settings.cases.filter(({ case: id }) => id.startsWith(`magnitude-${on}-`));

it.each(magnitudeCases('factors'))('$case keeps the entries of the factors that torch keeps', async (one) => {
  const expected = await readSafetensors(folder(`${one.case}.safetensors`));
  for (const scope of ['tensor', 'global']) {
    const { state: made, kept } = await pruned('magnitude', { sparsity: 1 - (one.density ?? 1), scope });
    for (const index of [0, 1])
      for (const part of ['A', 'B']) {
        const values = made.modules.get(nameOf(index))?.tensors.get(part.toLowerCase())?.data ?? [];
        const wanted = floats(taken(expected, `${scope}.${index}.${part}`));
        expect(relativeDifference(values, wanted), `${scope} ${index}.${part}`).toBe(0);
      }
    if (scope === 'global') expect(kept).toBe(one.kept_global);
  }
});

it.each(magnitudeCases('delta'))('$case keeps the entries of ΔW that torch keeps', async (one) => {
  const expected = await readSafetensors(folder(`${one.case}.safetensors`));
  for (const scope of ['tensor', 'global']) {
    // A rank of 7, the smaller side of ΔW, cuts nothing off.
    const parameters = { sparsity: 1 - (one.density ?? 1), scope, on: 'delta', rank: 7 };
    const { state: made, kept } = await pruned('magnitude', parameters);
    for (const index of [0, 1]) {
      const module = made.modules.get(nameOf(index));
      const wanted = floats(taken(expected, `${scope}.${index}.delta`));
      expect(relativeDifference(module ? change(module) : [], wanted), `${scope} ${index}`).toBeLessThan(1e-5);
    }
    if (scope === 'global') expect(kept).toBe(one.kept_global);
  }
});

describe('SVD', () => {
  it.each([0, 1])(
    'of module %i cuts to the best approximation of each rank, and to the rank of each energy',
    async (index) => {
      for (const rank of [1, 2, 5]) {
        const expected = await readSafetensors(folder(`svd-${index}-rank${rank}.safetensors`));
        const module = (await pruned('svd', { rank })).state.modules.get(nameOf(index));
        expect(relativeDifference(module ? change(module) : [], floats(taken(expected, 'delta')))).toBeLessThan(1e-5);
      }
      const { energy = {} } = settings.cases.find((one) => one.case === `svd-${index}`) ?? {};
      for (const [share, rank] of Object.entries(energy))
        expect((await pruned('svd', { energy: Number(share) })).state.modules.get(nameOf(index))?.rank, share).toBe(
          rank,
        );
    },
  );
});

it('is the identity at density 1, bit for bit', async () => {
  const before = adapter();
  for (const [method, parameters] of [
    ['magnitude', {}],
    ['magnitude', { on: 'delta' }],
    ['magnitude', { scope: 'global' }],
    ['random', {}],
  ] as const) {
    const { state: after, kept, total } = await pruned(method, { ...parameters, sparsity: 0 });
    expect(after.modules).toEqual(before.modules);
    expect(kept).toBe(total);
  }
});
