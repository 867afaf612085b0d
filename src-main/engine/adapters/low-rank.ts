import type { HostTensor } from '../tensors/host-tensor.ts';
import type { ModuleFactors } from './state.ts';

/**
 * weight + scaling · B·A, summed in double precision and rounded once.
 * @param weight [outFeatures, inFeatures]; not changed.
 */
export function addLowRank(weight: HostTensor, factors: ModuleFactors): HostTensor {
  const { a, b, rank, scaling } = factors;
  const [rows = 0, columns = 0] = weight.shape;
  const merged = new Float32Array(rows * columns);
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let inner = 0; inner < rank; inner++) {
      const factor = b.data[row * rank + inner] ?? 0;
      if (factor === 0) continue;
      for (let column = 0; column < columns; column++)
        sums[column] = (sums[column] ?? 0) + factor * (a.data[inner * columns + column] ?? 0);
    }
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      merged[at] = (weight.data[at] ?? 0) + scaling * (sums[column] ?? 0);
    }
  }
  return { shape: [rows, columns], data: merged };
}
