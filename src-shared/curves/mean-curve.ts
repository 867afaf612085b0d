import type { Curve } from '../domain/runs/run-history.ts';
import { drawnSpread } from '../statistics/student.ts';

/** One seed's values, a point a bucket. */
export interface SeedCurve {
  readonly steps: readonly number[];
  readonly values: readonly number[];
  /** Number of values behind each point. */
  readonly counts: readonly number[];
}

/** The mean of several seeds, where each of them has a value. */
export interface MeanCurve {
  /** Steps behind each point. */
  readonly width: number;
  /** Number of seeds with values. */
  readonly seeds: number;
  readonly means: readonly number[];
  /**
   * Half-widths of the band (see drawnSpread): half the 95 % interval, or half the range of two seeds; null without a
   * band.
   */
  readonly halfWidths: readonly (number | null)[];
  /** Each seed at the points of the mean. */
  readonly at: readonly SeedCurve[];
  /** Each seed as far as it goes. */
  readonly all: readonly SeedCurve[];
}

/**
 * Folds the curves of several seeds into their mean. Curves in buckets of different widths are brought to the widest.
 * The mean goes as far as every seed that has begun: a mean over those that happen to be further would jump where one
 * ends.
 *
 * @param change what is done to the values of each seed first, e.g. a moving average
 */
export function meanCurve(
  curves: readonly Curve[],
  change: (curve: SeedCurve) => readonly number[] = ({ values }) => values,
): MeanCurve {
  const begun = curves.filter(({ counts }) => counts.length > 0);
  const width = Math.max(1, ...begun.map((curve) => curve.width));
  const folded = begun.map((curve) => foldTo(curve, width));
  const all = folded.map(({ curve }) => ({ ...curve, values: change(curve) }));
  const places = folded.map(({ buckets }) => new Map(buckets.map((bucket, index) => [bucket, index])));
  const common = (folded[0]?.buckets ?? []).filter((bucket) => places.every((place) => place.has(bucket)));
  const at = all.map((curve, seed) => {
    const indices = common.map((bucket) => places[seed]?.get(bucket) ?? 0);
    return {
      steps: indices.map((index) => curve.steps[index] ?? 0),
      values: indices.map((index) => curve.values[index] ?? 0),
      counts: indices.map((index) => curve.counts[index] ?? 0),
    };
  });
  const spreads = common.map((_, point) => drawnSpread(at.map(({ values }) => values[point] ?? 0)));
  return {
    width,
    seeds: begun.length,
    means: spreads.map(({ mean }) => mean),
    halfWidths: spreads.map(({ halfWidth }) => halfWidth),
    at,
    all,
  };
}

/** A curve in buckets of `width` steps, which its own are a part of; values and steps weighted by their counts. */
function foldTo(curve: Curve, width: number): { buckets: number[]; curve: SeedCurve } {
  const sums = new Map<number, { count: number; step: number; value: number }>();
  curve.counts.forEach((count, index) => {
    const bucket = Math.floor((curve.ends[index] ?? 0) / width);
    const sum = sums.get(bucket) ?? { count: 0, step: 0, value: 0 };
    sum.count += count;
    sum.step += count * (curve.steps[index] ?? 0);
    sum.value += count * (curve.mean[index] ?? 0);
    sums.set(bucket, sum);
  });
  const folded = [...sums.values()];
  return {
    buckets: [...sums.keys()],
    curve: {
      steps: folded.map(({ step, count }) => step / count),
      values: folded.map(({ value, count }) => value / count),
      counts: folded.map(({ count }) => count),
    },
  };
}
