import type { HostTensor } from '../../tensors/host-tensor.ts';

/** Euclidean norms [out] of the rows of a weight [out, in], summed in double precision: DoRA's magnitudes at the start. */
export function rowNorms({ shape: [rows = 0, columns = 0], data }: HostTensor): HostTensor {
  const norms = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let column = 0; column < columns; column++) squares += (data[row * columns + column] ?? 0) ** 2;
    norms[row] = Math.sqrt(squares);
  }
  return { shape: [rows], data: norms };
}
