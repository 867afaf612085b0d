import { lapack } from './lapack.ts';
import { type Matrix, type MatrixLike, sizeOf, toRows } from './matrix.ts';

/**
 * a [m, k] · b [k, n] → [m, n].
 * @param target memory that the product may be in. Default: new memory.
 */
export function matmul(a: MatrixLike, b: MatrixLike, target?: Float64Array): Matrix {
  const [rows, inner] = sizeOf(a);
  const [innerOfB, columns] = sizeOf(b);
  if (inner !== innerOfB) throw new Error(`[${rows}, ${inner}] cannot be multiplied by [${innerOfB}, ${columns}]`);
  return lapack.multiply(a, b, undefined, target) ?? multiplyRows(a, b);
}

/** `matmul` in JavaScript. A 0 of a leaves out what it multiplies, even where that is not finite. */
export function multiplyRows(a: MatrixLike, b: MatrixLike): Matrix {
  const [rows, inner] = sizeOf(a);
  const [, columns] = sizeOf(b);
  const right = toRows(b);
  const data = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const sums = data.subarray(row * columns, (row + 1) * columns);
    right.forEach((values, k) => {
      const factor = a.data[row * inner + k] ?? 0;
      if (factor === 0) return;
      for (let column = 0; column < columns; column++)
        sums[column] = (sums[column] ?? 0) + factor * (values[column] ?? 0);
    });
  }
  return { shape: [rows, columns], data };
}
