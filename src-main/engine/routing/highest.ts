/** Index of the highest value; the first of equal ones. */
export function highestOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < values.length; at++)
    if ((values[at] ?? 0) > (values[best] ?? Number.NEGATIVE_INFINITY)) best = at;
  return best;
}
