import type { Matrix, MatrixLike } from '../../linalg/index.ts';

/** Each matrix times its weight, in double precision. */
export function weighted(matrices: readonly MatrixLike[], weights: readonly number[]): Matrix[] {
  return matrices.map(({ shape: [rows = 0, columns = 0], data }, index) => ({
    shape: [rows, columns],
    data: Float64Array.from(data, (value) => value * (weights[index] ?? 0)),
  }));
}

/** Σ weightᵢ · matrixᵢ, in double precision. */
export function weightedTotal(matrices: readonly MatrixLike[], weights: readonly number[]): Matrix {
  const [rows = 0, columns = 0] = matrices[0]?.shape ?? [];
  const data = new Float64Array(rows * columns);
  for (const [index, matrix] of matrices.entries())
    for (let at = 0; at < data.length; at++)
      data[at] = (data[at] ?? 0) + (weights[index] ?? 0) * (matrix.data[at] ?? 0);
  return { shape: [rows, columns], data };
}
