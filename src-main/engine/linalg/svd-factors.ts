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
  return { shape, data: data.map((value, index) => value * (scales[Math.floor(index / shape[1])] ?? 0)) };
}

export function scaledColumns({ shape, data }: Matrix, scales: ArrayLike<number>): Matrix {
  return { shape, data: data.map((value, index) => value * (scales[index % shape[1]] ?? 0)) };
}
