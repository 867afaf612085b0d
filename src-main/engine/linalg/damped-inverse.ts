import { matmul } from './matmul.ts';
import { type Matrix, type MatrixLike, sizeOf, transpose } from './matrix.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/**
 * (S + damping · I)⁻¹ of a symmetric positive semidefinite matrix [n, n]. Eigenvalues that rounding has made negative count
 * as 0.
 * @throws Error where a direction has no inverse: an eigenvalue of 0 without damping.
 */
export function dampedInverse(symmetric: MatrixLike, damping: number): Matrix {
  const [size] = sizeOf(symmetric);
  const { values, vectors } = symmetricEigen(symmetric);
  const scaled = transpose(vectors);
  for (let k = 0; k < size; k++) {
    const divisor = Math.max(0, values[k] ?? 0) + damping;
    if (divisor === 0) throw new Error('a singular matrix has no inverse without damping');
    for (let column = 0; column < size; column++)
      scaled.data[k * size + column] = (scaled.data[k * size + column] ?? 0) / divisor;
  }
  return matmul(vectors, scaled);
}
