import { z } from 'zod';
import { meanInterval } from '../../statistics/student.ts';

/**
 * The mean of `n` values with its 95 % interval; ends are null where nothing can be said. Metrics over seeds and
 * examples use metric-interval.ts.
 */
export const intervalSchema = z.object({
  mean: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.number().int(),
});
export type Interval = z.infer<typeof intervalSchema>;

/** Student's interval over independent values, e.g. of seeds. */
export function studentInterval(values: readonly number[]): Interval {
  const { n, mean, halfWidth } = meanInterval(values);
  return {
    n,
    mean,
    low: halfWidth === null ? null : mean - halfWidth,
    high: halfWidth === null ? null : mean + halfWidth,
  };
}
