/**
 * Smallest power-of-two width that folds the steps `from` to `to` (both inclusive, not negative) into at most
 * `buckets` buckets aligned to multiples of it. Wider buckets are unions of narrower ones, so curves folded at
 * different times line up.
 */
export function bucketWidth(from: number, to: number, buckets: number): number {
  let width = 1;
  while (Math.floor(to / width) - Math.floor(from / width) + 1 > buckets) width *= 2;
  return width;
}
