/**
 * Height of the barrier on the line between two adapters.
 *
 * For a curve m(λ), 0 ≤ λ ≤ 1, the barrier is the largest deviation for the worse from the straight line between the
 * ends: for an accuracy max over λ of (1 − λ)·m(0) + λ·m(1) − m(λ), for a loss the negative of it. At least 0, since
 * both ends lie on the line. Same unit as the metric. Source: linear mode connectivity, Frankle et al. 2020 (arXiv
 * 1912.05671).
 *
 * @param points by rising λ; the first and the last are the ends. Throws RangeError for fewer than two.
 */
export function barrier(points: readonly { lambda: number; value: number }[], better: 'higher' | 'lower'): number {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2 || first.lambda === last.lambda)
    throw new RangeError('A barrier needs a curve with two different ends.');
  const sign = better === 'higher' ? 1 : -1;
  let height = 0;
  for (const { lambda, value } of points) {
    const share = (lambda - first.lambda) / (last.lambda - first.lambda);
    const line = (1 - share) * first.value + share * last.value;
    height = Math.max(height, sign * (line - value));
  }
  return height;
}
