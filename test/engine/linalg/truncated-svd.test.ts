import { describe, expect, it } from 'vitest';
import { leading, matmul, svd, transpose, truncatedSvd } from '../../../src-main/engine/linalg/index.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { relativeDifference } from '../golden.ts';

function gaussian(rows: number, columns: number, seed: number) {
  const random = RandomStream.seeded(seed, 'study');
  return { shape: [rows, columns], data: Float64Array.from({ length: rows * columns }, () => random.normal()) };
}

/** U·diag(s)·Vᵀ, in which the vectors' signs do not show. */
function product({ u, s, vt }: ReturnType<typeof svd>) {
  const scaled = { shape: u.shape, data: u.data.map((value, at) => value * (s[at % s.length] ?? 0)) };
  return matmul(scaled, vt).data;
}

describe.each([
  [30, 20],
  [20, 30],
  [24, 24],
])('a matrix %i × %i', (rows, columns) => {
  const matrix = gaussian(rows, columns, rows);
  const whole = svd(matrix);

  it('has its greatest components', () => {
    const top = truncatedSvd(matrix, 5);
    expect(relativeDifference(top.s, whole.s.slice(0, 5))).toBeLessThan(1e-12);
    expect(relativeDifference(product(top), product(leading(whole, 5)))).toBeLessThan(1e-10);
  });

  it('has its smallest components, which with the others are the whole', () => {
    const bottom = truncatedSvd(matrix, 5, 'smallest');
    expect(relativeDifference(bottom.s, whole.s.slice(-5))).toBeLessThan(1e-8);
    const others = product(leading(whole, whole.s.length - 5));
    const sum = product(bottom).map((value, at) => value + (others[at] ?? 0));
    expect(relativeDifference(sum, matrix.data)).toBeLessThan(1e-8);
  });
});

it('takes the whole decomposition where a wanted value is too small to be squared', () => {
  const [u, vt] = [gaussian(12, 3, 1), gaussian(3, 9, 2)];
  const thin = svd(matmul(u, vt));
  const scaled = thin.u.data.map((value, at) => value * ([1, 1e-3, 1e-7][at % thin.s.length] ?? 0));
  const matrix = matmul({ shape: thin.u.shape, data: scaled }, thin.vt);
  const { s, u: left } = truncatedSvd(matrix, 3);
  expect(s[2]).toBeCloseTo(1e-7, 14);
  const gram = matmul(transpose(left), left).data;
  for (const [at, value] of gram.entries()) expect(value).toBeCloseTo(at % 4 === 0 ? 1 : 0, 8);
});
