import type { HostTensor } from '../tensors/host-tensor.ts';
import { type Matrix, toFloat32 } from './matrix.ts';
import type { Svd } from './svd.ts';

/**
 * A = √(S/s)·Vᵀ and B = U·√(S/s), so that s·B·A = U·S·Vᵀ, with entries of similar magnitude. U [out, r], Vᵀ [r, in].
 */
export function factorsOfSvd({ u, s, vt }: Svd, scaling: number): { readonly a: HostTensor; readonly b: HostTensor } {
  const roots = s.map((value) => Math.sqrt(value / scaling));
  return { a: toFloat32(scaledRows(vt, roots)), b: toFloat32(scaledColumns(u, roots)) };
}

export function scaledRows({ shape, data }: Matrix, scales: ArrayLike<number>): Matrix {
  const [rows, columns] = shape;
  const scaled = new Float64Array(data.length);
  for (let row = 0, at = 0; row < rows; row++) {
    const factor = scales[row] ?? 0;
    for (let column = 0; column < columns; column++, at++) scaled[at] = (data[at] ?? 0) * factor;
  }
  return { shape, data: scaled };
}

export function scaledColumns({ shape, data }: Matrix, scales: ArrayLike<number>): Matrix {
  const [rows, columns] = shape;
  const scaled = new Float64Array(data.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) scaled[at] = (data[at] ?? 0) * (scales[column] ?? 0);
  return { shape, data: scaled };
}
