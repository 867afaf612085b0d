import type { HostTensor } from '../tensors/host-tensor.ts';

/** X·Aᵀ [rows, rank] in double precision; X [rows, in], A [rank, in]. */
export function projectedInputs({ shape: [rows = 0, inputs = 0], data }: HostTensor, a: HostTensor): Float64Array {
  const rank = a.shape[0] ?? 0;
  const projected = new Float64Array(rows * rank);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < rank; k++) {
      let dot = 0;
      for (let at = 0; at < inputs; at++) dot += (data[row * inputs + at] ?? 0) * (a.data[k * inputs + at] ?? 0);
      projected[row * rank + k] = dot;
    }
  return projected;
}
