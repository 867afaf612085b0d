import { lapack } from './lapack.ts';
import { type Matrix, type MatrixLike, sizeOf, toRows } from './matrix.ts';
import { dot } from './vectors.ts';

/**
 * X with S·Xᵀ = Bᵀ, that is B·S⁻¹ [m, n], for a symmetric positive definite S [n, n], of which the lower triangle is read, and
 * B [m, n], by LAPACK where there is one.
 * @throws Error where S is not positive definite
 */
export function solveSymmetric(matrix: MatrixLike, right: MatrixLike): Matrix {
  const [size] = sizeOf(matrix);
  const [, width] = sizeOf(right);
  if (width !== size) throw new Error(`[${size}, ${size}] cannot be solved for rows of ${width}`);
  return lapack.solveSymmetric(matrix, right) ?? solveByCholesky(matrix, right);
}

/** `solveSymmetric` in JavaScript: S = L·Lᵀ, then two triangular systems a row. */
export function solveByCholesky(matrix: MatrixLike, right: MatrixLike): Matrix {
  const [size] = sizeOf(matrix);
  const [count] = sizeOf(right);
  const lower = factorize(toRows(matrix));
  // The rows of Lᵀ, so that the way back runs along rows as well.
  const upper = lower.map((_, row) => Float64Array.from(lower, (other) => other[row] ?? 0));
  const data = new Float64Array(count * size);
  for (let index = 0; index < count; index++) {
    const row = data.subarray(index * size, (index + 1) * size);
    for (let k = 0; k < size; k++) {
      const own = lower[k] ?? row;
      const known = dot(own.subarray(0, k), row.subarray(0, k));
      row[k] = ((right.data[index * size + k] ?? 0) - known) / (own[k] ?? 1);
    }
    for (let k = size - 1; k >= 0; k--) {
      const own = upper[k] ?? row;
      const known = dot(own.subarray(k + 1), row.subarray(k + 1));
      row[k] = ((row[k] ?? 0) - known) / (own[k] ?? 1);
    }
  }
  return { shape: [count, size], data };
}

/** The rows of L in place of S's. */
function factorize(rows: readonly Float64Array[]): readonly Float64Array[] {
  for (const [k, row] of rows.entries()) {
    for (let column = 0; column < k; column++) {
      const other = rows[column] ?? row;
      const known = dot(row.subarray(0, column), other.subarray(0, column));
      row[column] = ((row[column] ?? 0) - known) / (other[column] ?? 1);
    }
    const left = (row[k] ?? 0) - dot(row.subarray(0, k), row.subarray(0, k));
    if (!(left > 0)) throw new Error('the matrix is not positive definite');
    row[k] = Math.sqrt(left);
    row.fill(0, k + 1);
  }
  return rows;
}
