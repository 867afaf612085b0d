import type { Matrix, MatrixLike } from '../../linalg/index.ts';
import { sumInto } from '../../tensors/float-arrays.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';

/**
 * Σ coefficientᵢ · tensorᵢ, summed in double precision and rounded to float32 once. All of one shape.
 * @param allocate returns uninitialized memory for the result.
 */
export function weightedSum(
  tensors: readonly HostTensor[],
  coefficients: readonly number[],
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): HostTensor {
  const data = allocate(tensors[0]?.data.length ?? 0);
  sumInto(
    data,
    tensors.map((tensor) => tensor.data),
    coefficients,
  );
  return { shape: tensors[0]?.shape ?? [], data };
}

/** Each matrix times its weight, in double precision. */
export function weightedMatrices(matrices: readonly MatrixLike[], weights: readonly number[]): Matrix[] {
  return matrices.map(({ shape: [rows = 0, columns = 0], data }, index) => ({
    shape: [rows, columns],
    data: Float64Array.from(data, (value) => value * (weights[index] ?? 0)),
  }));
}

/** Σ weightᵢ · matrixᵢ in double precision. */
export function weightedMatrixSum(matrices: readonly MatrixLike[], weights: readonly number[]): Matrix {
  const [rows = 0, columns = 0] = matrices[0]?.shape ?? [];
  const data = new Float64Array(rows * columns);
  for (const [index, matrix] of matrices.entries())
    for (let at = 0; at < data.length; at++)
      data[at] = (data[at] ?? 0) + (weights[index] ?? 0) * (matrix.data[at] ?? 0);
  return { shape: [rows, columns], data };
}
