import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { MatrixLike } from '../../../../src-main/engine/linalg/index.ts';
import { preflightLines } from '../../../../src-main/engine/merge/checks/preflight.ts';
import type { ModuleContext, ModuleMergeMethod } from '../../../../src-main/engine/merge/merge-method.ts';
import { matrixMerger, matrixMergers } from '../../../../src-main/engine/merge/methods/core-space-mergers.ts';
import { mergeMethod, mergeMethods } from '../../../../src-main/engine/merge/methods/index.ts';
import { deltaOf } from '../../../../src-main/engine/merge/spaces/delta.ts';
import type { MatrixMerger } from '../../../../src-main/engine/merge/spaces/matrix-merger.ts';
import { keepByRank } from '../../../../src-main/engine/merge/spaces/task-vectors.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath, relativeDifference, taken } from '../../golden.ts';
import { factors, maskDraws, state } from '../states.ts';

const byAdapter = z.record(z.string(), z.number());
const caseSchema = z.object({
  method: z.string(),
  inputs: z.array(z.string()),
  base: z.string().nullish(),
  weights: z.array(z.number()).nullish(),
  parameters: z.record(z.string(), z.union([z.number(), z.boolean(), byAdapter])),
});
type Case = z.infer<typeof caseSchema>;
const casesOf = (file: string) =>
  Object.entries(
    z
      .object({ merges: z.record(z.string(), caseSchema) })
      .parse(JSON.parse(readFileSync(goldenPath('misc', file), 'utf8'))).merges,
  );
const cases = [...casesOf('mergekit.json'), ...casesOf('mergekit-more.json')];

/** mergekit's linear merge is task arithmetic from a base of zeros. */
function mergerOf({ method }: Case): MatrixMerger {
  const name = method === 'linear' ? 'task-arithmetic' : method.replaceAll('_', '-');
  return matrixMergers.find(({ declaration }) => declaration.id === `mergekit-${name}`) ?? matrixMerger(name);
}

let inputs: ReadonlyMap<string, HostTensor>;
let expected: ReadonlyMap<string, HostTensor>;
let masks: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  const read = (file: string) => readSafetensors(goldenPath('misc', file));
  inputs = await read('mergekit-inputs.safetensors');
  expected = new Map([...(await read('mergekit-expected.safetensors')), ...(await read('mergekit-more.safetensors'))]);
  masks = await read('mergekit-masks.safetensors');
});

/**
 * Returns the inputs of the merge: task vectors; in the golden values, SLERP and linear merge the tensors themselves.
 */
function matricesOf({ inputs: names, base, method }: Case) {
  const origin = base === undefined || base === 'base' ? taken(inputs, 'base') : null;
  const used = names.filter((name) => name !== 'base');
  const matrices = used.map((name): MatrixLike => {
    const { shape, data } = taken(inputs, name);
    return { shape, data: Float64Array.from(data, (value, at) => value - (origin?.data[at] ?? 0)) };
  });
  return { used, matrices, origin: method === 'slerp' || base === undefined ? null : origin };
}

/** The call's weights and parameters as ours: values by adapter are lists in the adapters' order. */
function callOf(one: Case, used: readonly string[]): { weights: number[]; parameters: ParameterValues } {
  const { weight, t, ...own } = one.parameters;
  const ofAdapter = z.union([byAdapter, z.undefined()]).parse(weight);
  const share = z.number().optional().parse(t);
  const weights =
    one.weights ??
    (share === undefined ? used.map((name) => ofAdapter?.[name] ?? 1 / used.length) : [1 - share, share]);
  const lists = Object.entries(own).map(([name, value]) => [
    name,
    typeof value === 'object' ? used.map((adapter) => value[adapter] ?? 1) : value,
  ]);
  return { weights, parameters: checkedParameters(mergerOf(one).declaration, Object.fromEntries(lists)) };
}

test.each(cases)("%s is mergekit's", (name, one) => {
  const { used, matrices, origin } = matricesOf(one);
  const { weights, parameters } = callOf(one, used);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const merger = mergerOf(one);
  const given = merger.needs?.normalized?.(parameters) ? weights.map((weight) => weight / total) : weights;
  const draws = (index: number) => maskDraws(taken(masks, `${name}.${used[index]}`));
  const merged = merger.mergeMatrices(matrices, given, parameters, draws);
  const actual = Float64Array.from(merged.data, (value, at) => value + (origin?.data[at] ?? 0));
  expect(relativeDifference(actual, taken(expected, name).data)).toBeLessThanOrEqual(1e-5);
});

test.each([
  ['t0', 0.5, 0.1],
  ['t1', 0.3, 0.15],
  ['t2', 0.8, 0.05],
])("DELLA's probability of each entry of %s is mergekit's", (name, density, epsilon) => {
  const base = taken(inputs, 'base');
  const probabilities = taken(masks, `della.probabilities.${name}`).data;
  const kept = (factor: number) => {
    const values = Float32Array.from(taken(inputs, name).data, (value, at) => value - (base.data[at] ?? 0));
    let at = 0;
    const draws = () => ({ uniform: () => factor * (probabilities[at++] ?? 0), normal: Number });
    keepByRank(density, epsilon)(values, base.shape, draws, 0);
    return values.filter((value) => value !== 0).length;
  };
  expect([kept(1 - 1e-5), kept(1 + 1e-5)]).toEqual([probabilities.length, 0]);
});

describe('merge methods', () => {
  const stream = RandomStream.seeded(5, 'merge');
  const normals = (rows: number, columns: number) => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, () => stream.normal()),
  });
  const updates = [2, 3].map((rank, adapter) => ({
    a: normals(rank, 9),
    b: normals(7, rank),
    rank,
    scaling: 0.5 + adapter,
    adapter,
  }));
  const context: ModuleContext = {
    name: 'module',
    layer: 0,
    steps: [null, null],
    random: (purpose) => RandomStream.named(3, 'merge', purpose),
    allocate: (length) => new Float32Array(length),
    baseWeight: () => Promise.reject(new Error('no base here')),
  };
  const both = matrixMergers.filter(({ declaration }) =>
    mergeMethods.some(
      (one) =>
        one.declaration.id === declaration.id && one.declaration.parameters.some(({ name }) => name === 'svd_rank'),
    ),
  );

  test.each(both.map((merger) => [merger.declaration.id, merger] as const))(
    '%s on factors is what it is on the full ΔW, as far as the rank reaches',
    async (id, merger) => {
      const method = moduleMethod(id);
      const choices = merger.declaration.parameters.flatMap(({ name, type }) => (type === 'boolean' ? [name] : []));
      for (const on of [true, false]) {
        const given = Object.fromEntries(choices.map((name) => [name, on]));
        const parameters = checkedParameters(method.declaration, { ...given, svd_rank: 7 });
        const weights = [0.25, 0.75];
        const full = merger.mergeMatrices(updates.map(deltaOf), weights, parameters, (index) =>
          context.random(`delta/${index}`),
        );
        const merged = await method.mergeModule(updates, weights, parameters, context);
        expect(relativeDifference(deltaOf(merged).data, full.data)).toBeLessThan(1e-5);
      }
    },
  );

  test('a combination is exact unless a rank is set, and reports what the cut keeps', async () => {
    const method = moduleMethod('karcher');
    const merge = async (given: ParameterValues) =>
      await method.mergeModule(updates, [0.5, 0.5], checkedParameters(method.declaration, given), context);
    const exact = await merge({});
    expect([exact.rank, exact.energy]).toEqual([5, undefined]);
    const cut = await merge({ svd_rank: 2 });
    expect(cut.rank).toBe(2);
    const share = (cut.energy?.kept ?? 0) / (cut.energy?.total ?? 1);
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(1);
  });

  test('values by adapter follow the adapters that have the module', async () => {
    const method = moduleMethod('mergekit-ties');
    const [, second] = updates;
    if (!second) throw new Error('no update');
    const merge = (density: number[], used: typeof updates) =>
      method.mergeModule(used, [1], checkedParameters(method.declaration, { density, svd_rank: 7 }), context);
    expect(await merge([0.1, 1], [second])).toEqual(await merge([1], [second]));
  });
});

function moduleMethod(id: string): ModuleMergeMethod {
  const method = mergeMethod(id);
  if (!('mergeModule' in method)) throw new Error(`${id} does not merge module by module`);
  return method;
}

describe('rejected inputs', () => {
  const states = [1, 2, 3].map(() => state({ q_proj: factors([[1, 2]], [[3], [4]], 2) }));
  const refusal = (id: string, parameters: ParameterValues, weights = [1, 1, 1]) => {
    const method = mergeMethod(id);
    return preflightLines(method, states, weights, checkedParameters(method.declaration, parameters)).find(
      ({ verdict }) => verdict === 'refused',
    );
  };

  test.each([
    ['mergekit-ties', { density: [0.5, 0.5] }, 'TIES (mergekit) has 2 values of density for 3 adapters.'],
    ['della', { density: [0.9] }, 'DELLA would keep entries with probabilities from 0.75 to 1.05.'],
    ['slerp', {}, 'SLERP merges 2 adapters, not 3.'],
    ['nuslerp', {}, 'NuSLERP merges 2 adapters, not 3.'],
  ])('%s %j: %s', (id, parameters, message) => {
    expect(refusal(id, parameters)?.message).toBe(message);
  });

  test('nothing else is, and one adapter alone passes', () => {
    expect(refusal('mergekit-ties', { density: [0.5, 0.4, 0.3] })).toBeUndefined();
    expect(refusal('della', { density: [1] })).toBeUndefined();
    expect(refusal('slerp', {}, [1, 0.5, 0])).toBeUndefined();
    expect(refusal('slerp', {}, [1, 0, 0])).toBeUndefined();
  });
});
