/**
 * Height of the barrier on the line between two adapters: the largest deviation for the worse of a curve m(λ),
 * 0 ≤ λ ≤ 1, from what its ends let expect. Two definitions are in use. `line`: from the straight line between the
 * ends, max over λ of (1 − λ)·m(0) + λ·m(1) − m(λ) for an accuracy, the negative of it for a loss. `mean`: from the mean
 * of the ends, which is the error barrier of Frankle et al. 2020 (arXiv 1912.05671, section 2); ends of different height
 * then count as a barrier. Never below 0, since the ends count. Same unit as the metric.
 */
export interface Barriers {
  readonly line: number;
  readonly mean: number;
  /** λ of the largest deviation from the line: the first one of equal deviations. */
  readonly at: number;
}

export interface CurvePoint {
  readonly lambda: number;
  readonly value: number;
}

/** @param points by rising λ; the first and the last are the ends. @throws RangeError for fewer than two */
export function barriersOf(points: readonly CurvePoint[], better: 'higher' | 'lower'): Barriers {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2 || first.lambda === last.lambda)
    throw new RangeError('A barrier needs a curve with two different ends.');
  const sign = better === 'higher' ? 1 : -1;
  const middle = (first.value + last.value) / 2;
  let [line, mean, at] = [0, 0, first.lambda];
  for (const { lambda, value } of points) {
    const share = (lambda - first.lambda) / (last.lambda - first.lambda);
    const height = sign * ((1 - share) * first.value + share * last.value - value);
    if (height > line) [line, at] = [height, lambda];
    mean = Math.max(mean, sign * (middle - value));
  }
  return { line, mean, at };
}
