import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { offersLapack } from '../../../src-main/engine/compute/native/addon.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { solveByCholesky, solveSymmetric } from '../../../src-main/engine/linalg/cholesky.ts';
import { lapack } from '../../../src-main/engine/linalg/lapack.ts';
import { matmul, multiplyRows } from '../../../src-main/engine/linalg/matmul.ts';
import { type MatrixLike, transpose } from '../../../src-main/engine/linalg/matrix.ts';
import { qr, qrByReflections } from '../../../src-main/engine/linalg/qr.ts';
import { type Svd, svd, svdByJacobi } from '../../../src-main/engine/linalg/svd.ts';
import { eigenByQl, symmetricEigen } from '../../../src-main/engine/linalg/symmetric-eigen.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

const loaded = loadAddon();
const isLoaded = 'addon' in loaded && offersLapack(loaded.addon) && loaded.addon.hasLapack();

/** Beside numpy's and JavaScript's values. */
const near = 1e-10;
/** Tolerance of results that are exact up to rounding. */
const rounding = 1e-13;
/** LAPACK, whatever the size. */
const all = 0;

const matrixSchema = z.object({ shape: z.array(z.number()), data: z.array(z.number()) });
const golden = z
  .object({
    matrices: z.array(
      z.object({
        name: z.string(),
        matrix: matrixSchema,
        svd: z.object({ s: z.array(z.number()), u: matrixSchema.optional(), vt: matrixSchema.optional() }),
        qr: z.object({ q: matrixSchema.optional(), r: matrixSchema.optional() }),
      }),
    ),
    symmetric: z.array(
      z.object({
        name: z.string(),
        matrix: matrixSchema,
        values: z.array(z.number()),
        vectors: matrixSchema.optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(goldenPath('linalg', 'expected.json'), 'utf8')));

function of(rows: number[][]): MatrixLike {
  return { shape: [rows.length, rows[0]?.length ?? 0], data: Float64Array.from(rows.flat()) };
}

function gaussian(rows: number, columns: number, seed = 1): MatrixLike & { readonly data: Float64Array } {
  const stream = RandomStream.seeded(seed, 'study');
  return { shape: [rows, columns], data: Float64Array.from({ length: rows * columns }, () => stream.normal()) };
}

function lowRank(rows: number, columns: number, rank: number): MatrixLike {
  return multiplyRows(gaussian(rows, rank, 2), gaussian(rank, columns, 3));
}

function given<Result>(result: Result | null): Result {
  if (result === null) throw new Error('LAPACK computed nothing');
  return result;
}

/** Largest distance of the columns' products from those of orthonormal columns. */
function skew(columns: MatrixLike): number {
  const products = multiplyRows(transpose(columns), columns);
  const size = products.shape[0];
  return Math.max(...products.data.map((value, at) => Math.abs(value - (at % (size + 1) === 0 ? 1 : 0))));
}

function rebuilt({ u, s, vt }: Svd): Float64Array {
  const data = u.data.map((value, at) => value * (s[at % s.length] ?? 0));
  return multiplyRows({ shape: u.shape, data }, vt).data;
}

const sizes: [rows: number, columns: number][] = [
  [1, 1],
  [1, 40],
  [40, 1],
  [2, 2],
  [50, 7],
  [7, 50],
  [64, 64],
  [33, 65],
  [200, 90],
];

describe.skipIf(!isLoaded)('LAPACK', () => {
  describe.each(golden.matrices)('decomposes a matrix as numpy does: $name', ({ matrix, svd: values, qr: factors }) => {
    it('has the singular values, vectors and signs', () => {
      const made = given(lapack.svd(matrix, all));
      expect(relativeDifference(made.s, values.s)).toBeLessThan(near);
      if (values.u) expect(relativeDifference(made.u.data, values.u.data)).toBeLessThan(near);
      if (values.vt) expect(relativeDifference(made.vt.data, values.vt.data)).toBeLessThan(near);
      expect(relativeDifference(rebuilt(made), matrix.data)).toBeLessThan(rounding);
      expect(skew(made.u)).toBeLessThan(rounding);
      expect(skew(transpose(made.vt))).toBeLessThan(rounding);
    });

    it('has the QR', () => {
      const { q, r } = given(lapack.qr(matrix, all));
      if (factors.q) expect(relativeDifference(q.data, factors.q.data)).toBeLessThan(near);
      if (factors.r) expect(relativeDifference(r.data, factors.r.data)).toBeLessThan(near);
      expect(relativeDifference(multiplyRows(q, r).data, matrix.data)).toBeLessThan(rounding);
      expect(skew(q)).toBeLessThan(rounding);
    });
  });

  test.each(golden.symmetric)('has the eigenvalues, vectors and signs of numpy: $name', ({ matrix, ...numpy }) => {
    const { values, vectors } = given(lapack.symmetricEigen(matrix, all));
    expect(relativeDifference(values, numpy.values)).toBeLessThan(near);
    if (numpy.vectors) expect(relativeDifference(vectors.data, numpy.vectors.data)).toBeLessThan(near);
    expect(skew(vectors)).toBeLessThan(rounding);
  });

  test.each(sizes)('agrees with JavaScript, signs included: %i × %i', (rows, columns) => {
    const matrix = gaussian(rows, columns);
    const [ours, theirs] = [svdByJacobi(matrix), given(lapack.svd(matrix, all))];
    for (const part of ['u', 'vt'] as const)
      expect(relativeDifference(theirs[part].data, ours[part].data)).toBeLessThan(near);
    expect(relativeDifference(theirs.s, ours.s)).toBeLessThan(rounding);
    const [factors, lapackFactors] = [qrByReflections(matrix), given(lapack.qr(matrix, all))];
    for (const part of ['q', 'r'] as const)
      expect(relativeDifference(lapackFactors[part].data, factors[part].data)).toBeLessThan(near);
    const other = gaussian(columns, 5, 4);
    const product = given(lapack.multiply(matrix, other, all));
    expect(relativeDifference(product.data, multiplyRows(matrix, other).data)).toBeLessThan(rounding);
  });

  test.each([1, 2, 31, 64, 130])('agrees with JavaScript on symmetric matrices of %i rows', (size) => {
    const half = gaussian(size, size + 3);
    const matrix = multiplyRows(half, transpose(half));
    const [ours, theirs] = [eigenByQl(matrix), given(lapack.symmetricEigen(matrix, all))];
    expect(relativeDifference(theirs.values, ours.values)).toBeLessThan(rounding);
    expect(relativeDifference(theirs.vectors.data, ours.vectors.data)).toBeLessThan(near);
    const right = gaussian(7, size, 5);
    const solved = given(lapack.solveSymmetric(matrix, right, all));
    expect(relativeDifference(solved.data, solveByCholesky(matrix, right).data)).toBeLessThan(near);
  });

  it('decomposes by hand', () => {
    const made = given(
      lapack.svd(
        of([
          [3, 0],
          [0, -2],
        ]),
        all,
      ),
    );
    expect([...made.u.data]).toEqual([1, 0, 0, 1]);
    expect([...made.s]).toEqual([3, 2]);
    expect([...made.vt.data]).toEqual([1, 0, 0, -1]);
    const one = given(lapack.qr(of([[-2]]), all));
    expect([one.q.data[0], one.r.data[0]]).toEqual([-1, 2]);
    const { q, r } = given(lapack.qr(of([[3], [4]]), all));
    expect(relativeDifference(q.data, [0.6, 0.8])).toBeLessThan(rounding);
    expect(relativeDifference(r.data, [5])).toBeLessThan(rounding);
    const symmetric = of([
      [2, Number.NaN],
      [1, 2],
    ]);
    // The entry above the diagonal is not read.
    const { values, vectors } = given(lapack.symmetricEigen(symmetric, all));
    expect(relativeDifference(values, [1, 3])).toBeLessThan(rounding);
    const half = Math.SQRT1_2;
    expect(relativeDifference(vectors.data, [half, half, -half, half])).toBeLessThan(rounding);
    const definite = of([
      [4, 0],
      [2, 3],
    ]);
    expect(
      relativeDifference(given(lapack.solveSymmetric(definite, of([[8, 7]]), all)).data, [1.25, 1.5]),
    ).toBeLessThan(rounding);
  });

  test.each([
    [40, 30],
    [30, 40],
    [120, 64],
  ])('keeps orthonormal vectors where the rank is 5 of a matrix %i × %i', (rows, columns) => {
    const matrix = lowRank(rows, columns, 5);
    const made = given(lapack.svd(matrix, all));
    expect(made.s.slice(5).every((value) => value < rounding * (made.s[0] ?? 0))).toBe(true);
    expect(relativeDifference(made.s, svdByJacobi(matrix).s)).toBeLessThan(rounding);
    expect(relativeDifference(rebuilt(made), matrix.data)).toBeLessThan(rounding);
    for (const columnsOf of [made.u, transpose(made.vt), given(lapack.qr(matrix, all)).q])
      expect(skew(columnsOf)).toBeLessThan(rounding);
  });

  test.each([
    [1, 1],
    [6, 4],
    [40, 64],
  ])('decomposes a matrix of zeros, %i × %i', (rows, columns) => {
    const zero = { shape: [rows, columns], data: new Float64Array(rows * columns) };
    const made = given(lapack.svd(zero, all));
    expect(made.s.every((value) => value === 0)).toBe(true);
    expect(skew(made.u)).toBe(0);
    expect(skew(transpose(made.vt))).toBe(0);
    const { q, r } = given(lapack.qr(zero, all));
    expect(skew(q)).toBe(0);
    expect(r.data.every((value) => value === 0)).toBe(true);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'leaves a matrix with %d to JavaScript, which reports the value',
    (value) => {
      const matrix = gaussian(64, 64);
      matrix.data[40 * 64 + 15] = value;
      expect(lapack.svd(matrix, all)).toBeNull();
      expect(lapack.qr(matrix, all)).toBeNull();
      const message = `A matrix that is to be decomposed contains the value ${value}.`;
      for (const decompose of [svd, qr, symmetricEigen]) expect(() => decompose(matrix)).toThrow(message);
      // A 0 leaves the value out.
      const zeros = { shape: [64, 64], data: new Float64Array(64 * 64) };
      expect(matmul(zeros, matrix).data.every((one) => one === 0)).toBe(true);
    },
  );

  it('leaves a matrix that is not positive definite to JavaScript, which reports it', () => {
    const half = gaussian(40, 40);
    const matrix = multiplyRows(half, transpose(half));
    matrix.data[0] = -1;
    expect(lapack.solveSymmetric(matrix, half)).toBeNull();
    expect(() => solveSymmetric(matrix, half)).toThrow('not positive definite');
  });

  it('gives the same bits whatever the threads, and wherever the values lie', () => {
    const matrix = gaussian(150, 130);
    const bits = () => {
      const { u, s, vt } = given(lapack.svd(matrix));
      const { q, r } = given(lapack.qr(matrix));
      return [u.data, s, vt.data, q.data, r.data].map((data) => Buffer.from(data.buffer).toString('base64'));
    };
    const first = bits();
    const shifted = new Float64Array(matrix.data.length + 3).subarray(3);
    shifted.set(matrix.data);
    const { u, s, vt } = given(lapack.svd({ ...matrix, data: shifted }));
    expect([u.data, s, vt.data].map((data) => Buffer.from(data.buffer).toString('base64'))).toEqual(first.slice(0, 3));
    const [left, right] = [gaussian(190, 70), gaussian(70, 17)];
    const moved = new Float64Array(left.data.length + 1).subarray(1);
    moved.set(left.data);
    expect(given(lapack.multiply({ ...left, data: moved }, right, all))).toEqual(
      given(lapack.multiply(left, right, all)),
    );
    if (!('addon' in loaded)) return;
    const before = loaded.addon.threads();
    for (const threads of [1, 4]) {
      loaded.addon.setThreads(threads);
      expect(bits()).toEqual(first);
    }
    loaded.addon.setThreads(before);
  });

  it('reads float32 as the same values in float64', () => {
    const floats = Float32Array.from(gaussian(60, 50).data);
    const [narrow, wide] = [floats, Float64Array.from(floats)].map((data) =>
      given(lapack.svd({ shape: [60, 50], data })),
    );
    expect(narrow).toEqual(wide);
  });

  it('is used for large matrices alone', () => {
    expect(lapack.svd(gaussian(16, 16))).toBeNull();
    expect(lapack.svd(gaussian(64, 64))).not.toBeNull();
    expect(lapack.multiply(gaussian(32, 32), gaussian(32, 32))).toBeNull();
  });
});

const folder = new URL('../../../src-main/engine/', import.meta.url);
const script = `
  const { svd, svdByJacobi } = await import('${new URL('linalg/svd.ts', folder)}');
  const { nativeBackend } = await import('${new URL('compute/native.ts', folder)}');
  const data = Float64Array.from({ length: 4096 }, (_, at) => Math.sin(at * at));
  const matrix = { shape: [64, 64], data };
  const same = Buffer.from(svd(matrix).u.data.buffer).equals(Buffer.from(svdByJacobi(matrix).u.data.buffer));
  console.log(JSON.stringify({ same, reason: (await nativeBackend.probe()).reason }));
`;

test.skipIf(!isLoaded).each([
  ['/nowhere/libopenblas.so.0', 'libopenblas.so.0 was not found'],
  ['libm.so.6', 'libopenblas.so.0 is another library than OpenBLAS'],
])('JavaScript decomposes where the library is %s', (library, why) => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, COTO_LAPACK: library },
  });
  expect(stdout, stderr).not.toBe('');
  expect(JSON.parse(stdout)).toEqual({
    same: true,
    reason: `Compiled for this machine. Without LAPACK (${why}), JavaScript decomposes large matrices, about ten times slower.`,
  });
});
