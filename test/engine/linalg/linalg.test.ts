import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  leading,
  type MatrixLike,
  matmul,
  qr,
  randomizedSvd,
  type Svd,
  svd,
  svdOfProduct,
  symmetricEigen,
  toFloat32,
  transpose,
} from '../../../src-main/engine/linalg/index.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath, relativeDifference } from '../golden.ts';

const matrixSchema = z.object({ shape: z.array(z.number()), data: z.array(z.number()) });
const expected = z
  .object({
    matrices: z.array(
      z.object({
        name: z.string(),
        matrix: matrixSchema,
        svd: z.object({ s: z.array(z.number()), u: matrixSchema.optional(), vt: matrixSchema.optional() }),
        qr: z.object({ q: matrixSchema.optional(), r: matrixSchema.optional() }),
      }),
    ),
    products: z.array(z.object({ name: z.string(), b: matrixSchema, a: matrixSchema, s: z.array(z.number()) })),
    symmetric: z.array(
      z.object({
        name: z.string(),
        matrix: matrixSchema,
        values: z.array(z.number()),
        vectors: matrixSchema.optional(),
      }),
    ),
    'low rank': z.object({ matrix: matrixSchema, best: z.array(matrixSchema) }),
  })
  .parse(JSON.parse(readFileSync(goldenPath('linalg', 'expected.json'), 'utf8')));

/** Beside numpy's values, which are themselves exact to about 1e-15 of the greatest. */
const near = 1e-10;
/** Tolerance of results that are exact up to rounding. */
const rounding = 1e-13;

const identity = (size: number) =>
  Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
const random = (seed: number) => RandomStream.seeded(seed, 'study');
function gaussian(rows: number, columns: number, seed: number): MatrixLike {
  const stream = random(seed);
  return { shape: [rows, columns], data: Float64Array.from({ length: rows * columns }, () => stream.normal()) };
}
function rebuilt({ u, s, vt }: Svd): Float64Array {
  const data = u.data.map((value, at) => value * (s[at % s.length] ?? 0));
  return matmul({ shape: u.shape, data }, vt).data;
}
/** Distance of the columns from orthonormal ones. */
function skew(columns: MatrixLike): number {
  return relativeDifference(matmul(transpose(columns), columns).data, identity(columns.shape[1] ?? 0));
}
function expectSvd(made: Svd, matrix: MatrixLike): void {
  expect(relativeDifference(rebuilt(made), matrix.data)).toBeLessThan(rounding);
  expect(skew(made.u)).toBeLessThan(rounding);
  expect(skew(transpose(made.vt))).toBeLessThan(rounding);
  expect([...made.s]).toEqual([...made.s].sort((one, other) => other - one));
}

describe.each(expected.matrices)('a matrix like numpy has it: $name', ({ matrix, svd: values, qr: factors }) => {
  it('has the singular values, vectors and signs', () => {
    const made = svd(matrix);
    expect(relativeDifference(made.s, values.s)).toBeLessThan(near);
    if (values.u) expect(relativeDifference(made.u.data, values.u.data)).toBeLessThan(near);
    if (values.vt) expect(relativeDifference(made.vt.data, values.vt.data)).toBeLessThan(near);
    expectSvd(made, matrix);
  });

  it('has the QR', () => {
    const { q, r } = qr(matrix);
    if (factors.q) expect(relativeDifference(q.data, factors.q.data)).toBeLessThan(near);
    if (factors.r) expect(relativeDifference(r.data, factors.r.data)).toBeLessThan(near);
    expect(relativeDifference(matmul(q, r).data, matrix.data)).toBeLessThan(rounding);
    expect(skew(q)).toBeLessThan(rounding);
    const [rows, columns] = r.shape;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < Math.min(row + 1, columns); column++)
        if (column < row) expect(r.data[row * columns + column]).toBe(0);
        else expect(r.data[row * columns + column]).toBeGreaterThanOrEqual(0);
  });

  it('has the leading part from random directions', () => {
    const made = randomizedSvd(matrix, { rank: 2 }, random(1));
    expect(relativeDifference(made.s, values.s.slice(0, 2))).toBeLessThan(near);
  });
});

describe.each(expected.products)('B·A through its factors: $name', ({ b, a, s }) => {
  it("has the whole product's singular values, and no others", () => {
    const made = svdOfProduct(b, a);
    expect(relativeDifference(made.s, s.slice(0, made.s.length))).toBeLessThan(near);
    expect(Math.max(0, ...s.slice(made.s.length))).toBeLessThan(1e-14 * Math.max(1, s[0] ?? 0));
    expectSvd(made, matmul(b, a));
  });

  it('takes a scale, a negative one too', () => {
    const data = matmul(b, a).data.map((value) => -2.5 * value);
    expectSvd(svdOfProduct(b, a, -2.5), { shape: [b.shape[0] ?? 0, a.shape[1] ?? 0], data });
  });
});

describe.each(expected.symmetric)('a symmetric matrix like numpy has it: $name', ({ matrix, values, vectors }) => {
  it('has the eigenvalues, vectors and signs', () => {
    const made = symmetricEigen(matrix);
    expect(relativeDifference(made.values, values)).toBeLessThan(near);
    if (vectors) expect(relativeDifference(made.vectors.data, vectors.data)).toBeLessThan(near);
    expect(skew(made.vectors)).toBeLessThan(rounding);
    const size = values.length;
    const scaled = made.vectors.data.map((value, at) => value * (made.values[at % size] ?? 0));
    const back = matmul({ shape: [size, size], data: scaled }, transpose(made.vectors));
    expect(relativeDifference(back.data, matrix.data)).toBeLessThan(rounding);
  });
});

describe('by hand', () => {
  const [third, half] = [1 / Math.sqrt(10), Math.SQRT1_2];

  it('decomposes [[3, 0], [4, 5]]: A·Aᵀ has 45 and 5', () => {
    const { u, s, vt } = svd({ shape: [2, 2], data: [3, 0, 4, 5] });
    expect(relativeDifference(s, [Math.sqrt(45), Math.sqrt(5)])).toBeLessThan(rounding);
    expect(relativeDifference(u.data, [third, 3 * third, 3 * third, -third])).toBeLessThan(rounding);
    expect(relativeDifference(vt.data, [half, half, half, -half])).toBeLessThan(rounding);
  });

  it('triangularizes [[3, 1], [4, 2]]: the first column has length 5', () => {
    const { q, r } = qr({ shape: [2, 2], data: [3, 1, 4, 2] });
    expect(relativeDifference(q.data, [0.6, -0.8, 0.8, 0.6])).toBeLessThan(rounding);
    expect(relativeDifference(r.data, [5, 2.2, 0, 0.4])).toBeLessThan(rounding);
  });

  it('finds 1 and 3 in [[2, 1], [1, 2]], from the lower triangle alone', () => {
    const { values, vectors } = symmetricEigen({ shape: [2, 2], data: [2, 77, 1, 2] });
    expect(relativeDifference(values, [1, 3])).toBeLessThan(rounding);
    expect(relativeDifference(vectors.data, [half, half, -half, half])).toBeLessThan(rounding);
  });

  it('finds one direction in the product of [1, 2]ᵀ and [2, 0]: 2·√5', () => {
    const { u, s, vt } = svdOfProduct({ shape: [2, 1], data: [1, 2] }, { shape: [1, 2], data: [2, 0] });
    expect(relativeDifference(s, [2 * Math.sqrt(5)])).toBeLessThan(rounding);
    expect(relativeDifference(u.data, [1 / Math.sqrt(5), 2 / Math.sqrt(5)])).toBeLessThan(rounding);
    expect(relativeDifference(vt.data, [1, 0])).toBeLessThan(rounding);
  });
});

describe('hard cases of decompositions', () => {
  it('singular values over thirty powers of ten, small ones exact where columns are scaled', () => {
    const { data } = gaussian(6, 6, 3);
    const graded = { shape: [6, 6], data: Float64Array.from(data, (value, at) => value * 10 ** (-6 * (at % 6))) };
    const made = svd(graded);
    expectSvd(made, graded);
    // The product of the singular values is that of R's diagonal, which is exact for each column by itself.
    const { r } = qr(graded);
    const logarithm = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + Math.log(value), 0);
    expect(logarithm(made.s)).toBeCloseTo(logarithm([0, 1, 2, 3, 4, 5].map((k) => r.data[7 * k] ?? 0)), 9);
  });

  it.each([
    ['rank 3 of 60', matmul(gaussian(60, 3, 4), gaussian(3, 60, 5))],
    ['rows that fall to 1e-300', { shape: [60, 60], data: gaussian(60, 60, 6).data }],
    ['ones', { shape: [50, 50], data: new Float64Array(2500).fill(1) }],
  ])('%s', (name, matrix) => {
    const falling = name.startsWith('rows');
    const data = Float64Array.from(matrix.data, (value, at) =>
      falling ? value * 10 ** (-5 * Math.floor(at / 60)) : value,
    );
    expectSvd(svd({ shape: matrix.shape, data }), { shape: matrix.shape, data });
  });

  it('the norm and the trace of a larger symmetric matrix', () => {
    const { data } = gaussian(80, 80, 7);
    const matrix = matmul({ shape: [80, 80], data }, transpose({ shape: [80, 80], data }));
    const { values } = symmetricEigen(matrix);
    const s = svd({ shape: [80, 80], data }).s;
    expect(relativeDifference(values, s.map((value) => value * value).reverse())).toBeLessThan(1e-12);
  });

  it('factors in float32 of a real size, to the last digits of the product', () => {
    const b = toFloat32({ shape: [300, 8], data: Float64Array.from(gaussian(300, 8, 8).data) });
    const a = toFloat32({ shape: [8, 200], data: Float64Array.from(gaussian(8, 200, 9).data) });
    expectSvd(svdOfProduct(b, a), matmul(b, a));
  });

  it('refuses what is no number, naming it', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const matrix = { shape: [2, 2], data: [1, value, 0, 1] };
      for (const decompose of [svd, qr, symmetricEigen])
        expect(() => decompose({ ...matrix, data: [1, 0, value, 1] })).toThrow(`contains the value ${value}`);
      expect(() => svdOfProduct(matrix, matrix)).toThrow(`contains the value ${value}`);
    }
  });

  it('refuses shapes that do not fit', () => {
    expect(() => svd({ shape: [2, 2], data: [1] })).toThrow('has 4 values, not 1');
    expect(() => qr({ shape: [4], data: [1, 2, 3, 4] })).toThrow('expected a matrix');
    expect(() => symmetricEigen({ shape: [1, 2], data: [1, 2] })).toThrow('square');
    expect(() => matmul({ shape: [1, 2], data: [1, 2] }, { shape: [1, 2], data: [1, 2] })).toThrow('multiplied');
  });
});

describe('the best approximation of a rank', () => {
  const { matrix, best } = expected['low rank'];

  it.each([1, 2, 5].map((rank, at) => ({ rank, at })))('$rank, as numpy makes it', ({ rank, at }) => {
    const made = leading(svd(matrix), rank);
    expect(made.u.shape).toEqual([10, rank]);
    expect(made.vt.shape).toEqual([rank, 7]);
    expect(relativeDifference(rebuilt(made), best[at]?.data ?? [])).toBeLessThan(near);
  });

  it('is the same from the same seed, and better with more passes', () => {
    const slow = gaussian(120, 90, 10);
    const options = { rank: 4, oversampling: 2 };
    const exact = svd(slow).s;
    const once = randomizedSvd(slow, { ...options, powerIterations: 0 }, random(11));
    const often = randomizedSvd(slow, { ...options, powerIterations: 30 }, random(11));
    expect(randomizedSvd(slow, { ...options, powerIterations: 30 }, random(11))).toEqual(often);
    expect(relativeDifference(often.s, exact.slice(0, 4))).toBeLessThan(0.01);
    expect(relativeDifference(once.s, exact.slice(0, 4))).toBeGreaterThan(0.05);
    expect(skew(often.u)).toBeLessThan(rounding);
  });
});
