import { matmul } from './matmul.ts';
import { type Matrix, type MatrixLike, sizeOf, transpose } from './matrix.ts';
import { leading } from './randomized-svd.ts';
import { type Svd, svd } from './svd.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Below this share of the largest singular value, squaring loses too much to rounding. */
const smallestShare = 1e-4;

/**
 * The `count` greatest or smallest singular values of a matrix [m, n] with their vectors, descending, from the eigenvalues of the
 * product of its smaller side with itself: to about 1e-8 of each value, and several times faster than the whole decomposition,
 * which is taken where a wanted value is too small for that. Golub and Van Loan, Matrix Computations, 8.6.1.
 * @throws StudioError not_finite
 */
export function truncatedSvd(matrix: MatrixLike, count: number, end: 'greatest' | 'smallest' = 'greatest'): Svd {
  const [rows, columns] = sizeOf(matrix);
  const size = Math.min(rows, columns);
  const kept = Math.min(count, size);
  const across = transpose(matrix);
  const isTall = rows > columns;
  const { values, vectors } = symmetricEigen(isTall ? matmul(across, matrix) : matmul(matrix, across));
  // Eigenvalues ascend.
  const first = end === 'greatest' ? size - 1 : kept - 1;
  const s = Float64Array.from({ length: kept }, (_, index) => Math.sqrt(Math.max(0, values[first - index] ?? 0)));
  const greatest = Math.sqrt(Math.max(0, values[size - 1] ?? 0));
  if ((s[kept - 1] ?? 0) <= smallestShare * greatest) return fromWhole(svd(matrix), kept, end);
  const near = columnsOf(vectors, first, kept);
  const far = matmul(isTall ? matrix : across, near);
  const unit: Matrix = { shape: far.shape, data: far.data.map((value, at) => value / (s[at % kept] ?? 1)) };
  return isTall ? { u: unit, s, vt: transpose(near) } : { u: near, s, vt: transpose(unit) };
}

function fromWhole(whole: Svd, count: number, end: 'greatest' | 'smallest'): Svd {
  if (end === 'greatest') return leading(whole, count);
  const first = whole.s.length - count;
  const { shape, data } = whole.vt;
  return {
    u: columnsOf(whole.u, first, count, 1),
    s: whole.s.slice(first),
    vt: { shape: [count, shape[1]], data: data.slice(first * shape[1]) },
  };
}

/** `count` columns from `first` on, backwards, or forwards by `step` 1. */
function columnsOf({ shape: [rows, columns], data }: Matrix, first: number, count: number, step: -1 | 1 = -1): Matrix {
  const kept = new Float64Array(rows * count);
  for (let row = 0; row < rows; row++)
    for (let index = 0; index < count; index++)
      kept[row * count + index] = data[row * columns + first + step * index] ?? 0;
  return { shape: [rows, count], data: kept };
}
