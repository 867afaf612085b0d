import { z } from 'zod';
import { missing } from '../../format/numbers.ts';
import { metricRange, valueText } from '../../metrics/index.ts';

/** The mean of a metric over seeds and examples with its 95 % intervals, in the metric's own unit. */
export const metricIntervalSchema = z.object({
  mean: z.number(),
  n: z.number().int().describe('seeds'),
  halfWidth: z
    .number()
    .nullable()
    .describe("of Student's interval over seeds; null for one seed, and where all seeds are equal"),
  bootstrap: z
    .object({ low: z.number(), high: z.number(), over: z.enum(['seeds and examples', 'examples', 'seeds']) })
    .nullable()
    .describe('nested bootstrap over seeds and examples; null where outcomes of single examples are not known'),
});
export type MetricInterval = z.infer<typeof metricIntervalSchema>;

export const differenceSchema = metricIntervalSchema.extend({
  test: z
    .object({ p: z.number(), degrees: z.number(), over: z.enum(['seeds and examples', 'examples', 'seeds']) })
    .nullable()
    .default(null)
    .describe('two-sided t test of a mean difference of 0; null where nothing varies, and in earlier results'),
  permutation: z
    .object({ p: z.number(), smallest: z.number(), exact: z.boolean() })
    .nullable()
    .describe('two-sided sign-flip test over paired seeds; null for one seed'),
});
export type MetricDifference = z.infer<typeof differenceSchema>;

/**
 * Ends of the 95 % interval: over seeds and examples where outcomes of single examples are known, else over seeds; the mean
 * twice where neither is.
 */
export function intervalEnds({ mean, halfWidth, bootstrap }: MetricInterval): [low: number, high: number] {
  if (bootstrap !== null) return [bootstrap.low, bootstrap.high];
  return [mean - (halfWidth ?? 0), mean + (halfWidth ?? 0)];
}

/**
 * Ends of the 95 % interval as figures draw them. An interval over few seeds can reach beyond the values that a metric has, and
 * ends at the limit then.
 */
export function drawnEnds(interval: MetricInterval, metric: string): [low: number, high: number] {
  return cutOff(intervalEnds(interval), metricRange(metric));
}

/** The same of a difference between two values of the metric. */
export function drawnDifferenceEnds(interval: MetricInterval, metric: string): [low: number, high: number] {
  const [lowest, highest] = metricRange(metric);
  return cutOff(intervalEnds(interval), [lowest - highest, highest - lowest]);
}

function cutOff(
  [low, high]: readonly [number, number],
  [lowest, highest]: readonly [number, number],
): [low: number, high: number] {
  return [Math.max(lowest, low), Math.min(highest, high)];
}

/** Returns a sentence for captions if an interval is drawn shorter than it is; else an empty text. */
export function cutOffNote(
  intervals: readonly MetricInterval[],
  drawn: (interval: MetricInterval) => readonly [number, number],
): string {
  const isCutOff = intervals.some((interval) => drawn(interval).join() !== intervalEnds(interval).join());
  return isCutOff ? ' Intervals that reach beyond the possible values are cut off there.' : '';
}

/** Half the width of the interval over seeds; "–" where there is none. */
export function halfWidthText(metric: string, interval: MetricInterval | null): string {
  return valueText(metric, interval?.halfWidth);
}

/** "70.1 to 73.9" of the widest interval that is known; "–" where none is. */
export function intervalText(
  metric: string,
  interval: MetricInterval | null,
  text: (metric: string, value: number) => string = valueText,
): string {
  if (interval === null || (interval.bootstrap === null && interval.halfWidth === null)) return missing;
  return intervalEnds(interval)
    .map((end) => text(metric, end))
    .join(' to ');
}
