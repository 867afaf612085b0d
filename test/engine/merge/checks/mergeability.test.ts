import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { qr } from '../../../../src-main/engine/linalg/index.ts';
import { mergeability } from '../../../../src-main/engine/merge/checks/mergeability.ts';
import { overlapOf } from '../../../../src-main/engine/merge/checks/pair-totals.ts';
import type { LowRankUpdate } from '../../../../src-main/engine/merge/merge-method.ts';
import { compareFolders } from '../../../../src-main/engine/merge/run/merge-folders.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { mergeRule, type PairMeasures, pairVerdict } from '../../../../src-shared/domain/merging/mergeability.ts';
import { mergeabilityFigure, mergeabilityMaps } from '../../../../src-shared/figures/mergeability.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath } from '../../golden.ts';
import { description, factors, factorsOf, state } from '../states.ts';

const q = (layer: number) => `vit.layers.${layer}.attention.q_proj`;

function compare(adapters: ReturnType<typeof factors>[][], weights = adapters.map(() => 1)) {
  const states = adapters.map((modules) =>
    state(Object.fromEntries(modules.map((module, layer) => [q(layer), module]))),
  );
  const updatesOf = async (name: string, places: readonly number[]): Promise<LowRankUpdate[]> =>
    places.map((place) => {
      const module = states[place]?.modules.get(name);
      if (!module) throw new Error(`no ${name}`);
      const { a, b } = factorsOf(module);
      return { a, b, rank: a.shape[0] ?? 0, scaling: module.scaling };
    });
  return mergeability({
    description: description(3),
    inputs: states,
    names: states.map((_, index) => `adapter ${index + 1}`),
    weights,
    seed: 0,
    updates: updatesOf,
  });
}

describe('by hand in two dimensions', () => {
  // ΔW = [[2, 0], [0, 0]] and turned versions of it.
  const along = (angle: number, scaling = 2) => factors([[Math.cos(angle), Math.sin(angle)]], [[1], [0]], scaling);

  test('the overlap is the mean cos² of inputs and outputs, the cosine that of ΔW', async () => {
    const { pairs, cells, layers } = await compare([[along(0)], [along(Math.PI / 3, 1)]]);
    expect(layers).toEqual([0]);
    // Outputs are the same direction, inputs stand 60° apart: (1 + ¼) / 2.
    expect(pairs[0]?.overlap).toBeCloseTo(0.625, 6);
    expect(pairs[0]?.expected).toBeCloseTo(0.5, 12);
    expect(pairs[0]?.cosine).toBeCloseTo(0.5, 6);
    expect(pairs[0]?.balance).toBeCloseTo(0.5, 6);
    // Entries 2, 0 and ½, √3/2: only the first is in both, with one sign.
    expect(pairs[0]?.conflict).toBe(0);
    expect(cells[0]?.[0]).toMatchObject({ overlap: pairs[0]?.overlap, cosine: pairs[0]?.cosine });
  });

  test('opposite adapters conflict throughout, and are not to be merged', async () => {
    const opposite = factors([[1, 0]], [[-1], [0]], 2);
    const result = await compare([
      [along(0), along(0)],
      [opposite, opposite],
    ]);
    expect(result.pairs[0]).toMatchObject({
      overlap: expect.closeTo(1, 6),
      conflict: 1,
      cosine: expect.closeTo(-1, 6),
    });
  });

  test('a weight counts for the balance; a module that one lacks is left out', async () => {
    const { pairs, cells } = await compare([[along(0), along(0)], [along(0)]], [1, 4]);
    expect(cells.map(([cell]) => cell === null)).toEqual([false, true]);
    // ‖ΔW‖² of two layers beside 16 × that of one.
    expect(pairs[0]?.balance).toBeCloseTo(Math.sqrt(2) / 4, 6);
  });
});

test('random subspaces have the overlap that is expected of them, in mean and in spread', () => {
  const stream = RandomStream.seeded(11, 'merge');
  const basis = (size: number, rank: number) =>
    qr({ shape: [size, rank], data: Float64Array.from({ length: size * rank }, () => stream.normal()) }).q;
  const random = (rank: number) => {
    const v = basis(24, rank);
    const vt = new Float64Array(24 * rank);
    for (let row = 0; row < rank; row++)
      for (let at = 0; at < 24; at++) vt[row * 24 + at] = v.data[at * rank + row] ?? 0;
    return { u: basis(16, rank), s: new Float64Array(rank).fill(1), vt: { shape: [rank, 24] as const, data: vt } };
  };
  const drawn = Array.from({ length: 400 }, () => overlapOf(random(3), random(5)));
  const values = drawn.map(({ overlap }) => overlap?.value ?? 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const expected = drawn[0]?.overlap;
  expect(mean).toBeCloseTo(expected?.mean ?? 0, 2);
  expect(variance / (expected?.variance ?? 1)).toBeGreaterThan(0.8);
  expect(variance / (expected?.variance ?? 1)).toBeLessThan(1.25);
  const inner = drawn.map(({ inner: value }) => value);
  const innerVariance = inner.reduce((sum, value) => sum + value * value, 0) / inner.length;
  expect(innerVariance / (drawn[0]?.innerVariance ?? 1)).toBeGreaterThan(0.8);
  expect(innerVariance / (drawn[0]?.innerVariance ?? 1)).toBeLessThan(1.25);
});

describe('the verdict', () => {
  const measures: PairMeasures = {
    overlap: 0.1,
    expected: 0.1,
    deviations: 0,
    cosine: 0,
    cosineDeviations: 0,
    conflict: 0.5,
    balance: 1,
  };
  const verdict = (change: Partial<PairMeasures>) => pairVerdict({ ...measures, ...change }, ['a', 'b']).verdict;

  test('follows its rule at each limit', () => {
    expect(verdict({})).toBe('merge');
    expect(verdict({ balance: 0.49 })).toBe('reweight');
    expect(verdict({ balance: 0.5 })).toBe('merge');
    expect(verdict({ overlap: 0.16, deviations: 4, conflict: 0.41 })).toBe('other method');
    expect(verdict({ overlap: 0.16, deviations: 4, conflict: 0.4 })).toBe('merge');
    expect(verdict({ overlap: 0.16, deviations: 3, conflict: 0.5 })).toBe('merge');
    expect(verdict({ overlap: 0.14, deviations: 9, conflict: 0.5 })).toBe('merge');
    expect(verdict({ cosine: -0.11, cosineDeviations: -4 })).toBe('do not');
    expect(verdict({ cosine: -0.11, cosineDeviations: -2 })).toBe('merge');
    expect(verdict({ overlap: 0.5, deviations: 9, balance: 0.1, cosine: -0.5, cosineDeviations: -9 })).toBe('do not');
  });

  test('has a rule that names every verdict', () => {
    for (const words of ['Do not:', 'Other method:', 'Reweight:', 'Merge:']) expect(mergeRule).toContain(words);
  });
});

test('folders are compared as they lie: layers × pairs, and a figure of each map', async () => {
  const base = await describeModel(goldenPath('llama', 'base'));
  const names = ['a0', 'a1', 'a2'];
  const folders = names.map((name) => goldenPath('llama', 'merges', 'mixed-ranks', name));
  const result = await compareFolders(folders, { description: base, names, weights: [1, 1, 1], seed: 0 });
  expect(result.pairs.map(({ first, second }) => [first, second])).toEqual([
    [0, 1],
    [0, 2],
    [1, 2],
  ]);
  expect(result.cells).toHaveLength(result.layers.length);
  for (const row of result.cells)
    for (const cell of row) {
      expect(cell?.overlap).toBeGreaterThanOrEqual(0);
      expect(cell?.overlap).toBeLessThanOrEqual(1 + 1e-9);
    }
  for (const { value } of mergeabilityMaps) {
    const { data, caption } = mergeabilityFigure(result, value, { dark: true });
    expect(data[0]?.['z']).toHaveLength(result.layers.length);
    expect(caption).toContain('1 a0, 2 a1, 3 a2');
  }
  const dora = path.join(goldenPath('llama', 'adapters'), 'dora');
  const refused = compareFolders([folders[0] ?? '', dora], { description: base, names, weights: [1, 1], seed: 0 });
  await expect(refused).rejects.toThrow(/is a DoRA adapter/);
});
