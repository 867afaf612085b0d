/** max |actual − expected| / max |expected|: how values are compared. Infinite where the lengths differ. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let scale = 0;
  for (let index = 0; index < expected.length; index++) {
    difference = Math.max(difference, Math.abs((actual[index] ?? Number.NaN) - (expected[index] ?? Number.NaN)));
    scale = Math.max(scale, Math.abs(expected[index] ?? Number.NaN));
  }
  return difference === 0 ? 0 : difference / scale;
}
