/** Quantile of values in ascending order, by linear interpolation between the two nearest, as torch.quantile. */
export function quantileOf(sorted: ArrayLike<number>, probability: number): number {
  const place = probability * (sorted.length - 1);
  const low = Math.floor(place);
  const from = sorted[low] ?? Number.NaN;
  const to = sorted[low + 1] ?? from;
  return from + (place - low) * (to - from);
}
