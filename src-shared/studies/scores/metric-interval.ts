import { z } from 'zod';

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
