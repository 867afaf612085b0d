import type { LowRankUpdate } from '../merge-method.ts';

/** ΔW = scaling · B·A [out, in] in full, each entry summed in double precision and rounded once. */
export function deltaOf({ a, b, rank, scaling }: LowRankUpdate): {
  readonly shape: readonly number[];
  readonly data: Float32Array;
} {
  const [outputs = 0, inputs = 0] = [b.shape[0], a.shape[1]];
  const data = new Float32Array(outputs * inputs);
  const row = new Float64Array(inputs);
  for (let out = 0; out < outputs; out++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scaling * (b.data[out * rank + k] ?? 0);
      if (factor === 0) continue;
      const start = k * inputs;
      for (let at = 0; at < inputs; at++) row[at] = (row[at] ?? 0) + factor * (a.data[start + at] ?? 0);
    }
    data.set(row, out * inputs);
  }
  return { shape: [outputs, inputs], data };
}
