import type { HostTensor } from '../tensors/host-tensor.ts';
import { addLowRank } from './low-rank.ts';
import type { ModuleFactors } from './state.ts';

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

/** m · (W + s·B·A) / ‖W + s·B·A‖ by row, the norms in double precision. `weight` [out, in] is not changed. */
export function addWithMagnitude(weight: HostTensor, factors: ModuleFactors): HostTensor {
  const { magnitude } = factors;
  if (!magnitude) throw new Error('a DoRA module has no magnitudes');
  const sum = addLowRank(weight, factors);
  const norms = rowNorms(sum).data;
  const columns = sum.shape[1] ?? 1;
  const data = Float32Array.from(sum.data, (value, index) => {
    const row = Math.floor(index / columns);
    const norm = norms[row] ?? 0;
    return norm === 0 ? 0 : (value * (magnitude.data[row] ?? 0)) / norm;
  });
  return { shape: sum.shape, data };
}
