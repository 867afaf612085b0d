/**
 * The smallest power of two by which the steps `from` to `to` (both included, not negative) fall into at most `buckets`
 * buckets that begin at multiples of it. Buckets of a wider width are unions of these, so that curves folded at different
 * times lie over each other.
 */
export function bucketWidth(from: number, to: number, buckets: number): number {
  let width = 1;
  while (Math.floor(to / width) - Math.floor(from / width) + 1 > buckets) width *= 2;
  return width;
}
