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
