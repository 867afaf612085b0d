import type { Curve } from '../domain/runs/run-history.ts';

/**
 * Replaces the steps `from` to `to` (both inclusive) of a curve by the finer buckets of `detail`. Buckets of `whole`
 * that cross an end of the range are dropped. `width` is that of the detail.
 */
export function spliceCurve(whole: Curve, detail: Curve, from: number, to: number): Curve {
  const begins = (index: number): number => Math.floor((whole.ends[index] ?? 0) / whole.width) * whole.width;
  let left = 0;
  while (left < whole.ends.length && (whole.ends[left] ?? 0) < from) left++;
  let right = left;
  while (right < whole.ends.length && begins(right) <= to) right++;
  const join = (column: 'steps' | 'min' | 'max' | 'mean'): Float64Array<ArrayBuffer> =>
    Float64Array.from([...whole[column].subarray(0, left), ...detail[column], ...whole[column].subarray(right)]);
  return {
    metric: whole.metric,
    width: detail.width,
    counts: Uint32Array.from([...whole.counts.subarray(0, left), ...detail.counts, ...whole.counts.subarray(right)]),
    ends: Int32Array.from([...whole.ends.subarray(0, left), ...detail.ends, ...whole.ends.subarray(right)]),
    steps: join('steps'),
    min: join('min'),
    max: join('max'),
    mean: join('mean'),
  };
}
