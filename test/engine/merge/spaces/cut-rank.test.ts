import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { matmul } from '../../../../src-main/engine/linalg/index.ts';
import { cutMatrix, cutProduct, energyOf } from '../../../../src-main/engine/merge/spaces/cut-rank.ts';
import { deltaOf } from '../../../../src-main/engine/merge/spaces/delta.ts';
import { clamped, clampFactors } from '../../../../src-main/engine/merge/spaces/svd-parameters.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';
import { factorsOf, matrix } from '../states.ts';

const draws = () => RandomStream.seeded(1, 'merge');
const random = (rows: number, columns: number, seed: number) => {
  const stream = RandomStream.named(seed, 'merge', `${rows}`);
  return { shape: [rows, columns], data: Float32Array.from({ length: rows * columns }, () => stream.normal()) };
};

describe('a cut by hand: diag(3, 2, 1)', () => {
  const diagonal = matrix([
    [3, 0, 0],
    [0, 2, 0],
    [0, 0, 1],
  ]);
  const identity = matrix([
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);

  test('rank 2 keeps 13 of 14 parts of the energy, whether it comes as a matrix or as a product', () => {
    for (const cut of [
      cutMatrix(diagonal, { rank: 2 }, draws),
      cutProduct({ b: diagonal, a: identity, scaling: 1 }, { rank: 2 }),
    ]) {
      expect(cut.rank).toBe(2);
      expect(cut.energy?.kept).toBeCloseTo(13, 12);
      expect(cut.energy?.total).toBeCloseTo(14, 12);
      expect(relativeDifference(deltaOf(cut).data, [3, 0, 0, 0, 2, 0, 0, 0, 0])).toBeLessThan(1e-7);
    }
  });

  test('a share of the energy keeps the fewest values that reach it, and never more than the rank', () => {
    const ranks = (energy: number, rank = 3) => cutMatrix(diagonal, { rank, energy }, draws).rank;
    expect([9 / 14, 0.65, 13 / 14, 0.95, 1].map((share) => ranks(share))).toEqual([1, 2, 2, 3, 3]);
    expect(ranks(1, 2)).toBe(2);
  });
});

test('a low rank of a large matrix is found by randomized SVD, with the energy of the exact one', () => {
  const product = matmul(random(300, 6, 1), random(6, 260, 2));
  const cut = cutMatrix(product, { rank: 6 }, draws);
  expect(relativeDifference(deltaOf(cut).data, product.data)).toBeLessThan(1e-6);
  expect((cut.energy?.kept ?? 0) / energyOf(product.data)).toBeCloseTo(1, 10);
  expect(cutMatrix(product, { rank: 6 }, draws)).toEqual(cut);
});

describe('svd_clamp', () => {
  test('by hand: both factors are limited to ± the quantile of all entries', () => {
    const update = { b: matrix([[4], [-1]]), a: matrix([[0, 3, -2]]), rank: 1, scaling: 1 };
    // Sorted −2, −1, 0, 3, 4: the quantile 0.5 is 0, 0.75 is 3.
    const { a, b } = clampFactors(update, { svd_clamp: 0.75 });
    expect([...b.data, ...a.data]).toEqual([3, -1, 0, 3, -2]);
    expect(clampFactors(update, { svd_clamp: null })).toBe(update);
  });

  test('a column of B whose largest entry is negative is turned before, with its row of A: B·A stays', () => {
    const { a, b } = clampFactors(
      { b: matrix([[-4], [1]]), a: matrix([[1, 2]]), rank: 1, scaling: 1 },
      { svd_clamp: 1 },
    );
    expect([...b.data, ...a.data]).toEqual([4, -1, -1, -2]);
  });

  test("is PEFT's on the signs that its LAPACK gave the singular vectors", async () => {
    const description = await describeModel(goldenPath('llama', 'base'));
    const merged = (kind: string) =>
      readAdapter(path.join(goldenPath('llama', 'merges', 'equal', 'merged'), kind), description);
    const [plain, theirs] = [await merged('svd'), await merged('svd-clamp')];
    for (const [name, module] of plain.modules) {
      const ours = clamped(factorsOf(module), 0.95);
      const expected = factorsOf(theirs.modules.get(name));
      expect(relativeDifference(ours.a.data, expected.a.data), name).toBeLessThan(1e-6);
      expect(relativeDifference(ours.b.data, expected.b.data), name).toBeLessThan(1e-6);
    }
  });
});
