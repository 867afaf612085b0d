import type { HostTensor } from '../tensors/host-tensor.ts';

/** Summed at a time: the double sums stay in the processor's nearest cache. */
const chunk = 2048;

/**
 * Σ coefficientᵢ · tensorᵢ, summed in double precision and rounded to float32 once. All of one shape.
 * @param allocate memory for the result, of whatever content.
 */
export function weightedSum(
  tensors: readonly HostTensor[],
  coefficients: readonly number[],
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): HostTensor {
  const shape = tensors[0]?.shape ?? [];
  const length = tensors[0]?.data.length ?? 0;
  const data = allocate(length);
  const totals = new Float64Array(chunk);
  for (let start = 0; start < length; start += chunk) {
    const count = Math.min(chunk, length - start);
    totals.fill(0);
    for (const [index, tensor] of tensors.entries())
      addScaled(totals, tensor.data, start, count, coefficients[index] ?? 0);
    for (let at = 0; at < count; at++) data[start + at] = totals[at] ?? 0;
  }
  return { shape, data };
}

function addScaled(
  totals: Float64Array,
  values: HostTensor['data'],
  start: number,
  count: number,
  scale: number,
): void {
  for (let at = 0; at < count; at++) totals[at] = (totals[at] ?? 0) + scale * (values[start + at] ?? 0);
}
