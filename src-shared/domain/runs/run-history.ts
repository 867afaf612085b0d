import { z } from 'zod';

/**
 * Values of one metric as columns, in the order of their steps. Names: loss, learning_rate, grad_norm, p, active_share,
 * step_milliseconds, examples_per_second, memory_bytes (resident memory of the process that trains), device_memory_bytes (of a GPU, by every
 * program), device_utilization (of a GPU, 0 to 1), eval_loss,
 * eval_accuracy and other eval_<metric>, and grad_norm/<group>, weight_norm/<group> by layer.
 */
export const metricColumnSchema = z
  .object({ name: z.string(), steps: z.instanceof(Int32Array), values: z.instanceof(Float64Array) })
  .refine(({ steps, values }) => steps.length === values.length, 'has not as many steps as values');
export type MetricColumn = z.infer<typeof metricColumnSchema>;

/**
 * A metric over the steps, folded into buckets of `width` consecutive steps that begin at multiples of `width` (a power
 * of two); only buckets with a value are listed, in order. With `width` 1, every entry is one recorded value.
 */
export const curveSchema = z
  .object({
    metric: z.string(),
    width: z.number().int().min(1),
    /** Values in the bucket. */
    counts: z.instanceof(Uint32Array),
    /** Mean step of the bucket's values. */
    steps: z.instanceof(Float64Array),
    /** Step of the bucket's last value. */
    ends: z.instanceof(Int32Array),
    min: z.instanceof(Float64Array),
    max: z.instanceof(Float64Array),
    mean: z.instanceof(Float64Array),
  })
  .refine(
    ({ counts, steps, ends, min, max, mean }) =>
      [steps, ends, min, max, mean].every((column) => column.length === counts.length),
    'has columns of different lengths',
  );
export type Curve = z.infer<typeof curveSchema>;

/** Recorded values of one metric of a run. */
export const metricSummarySchema = z.object({
  name: z.string(),
  count: z.number().int(),
  firstStep: z.number().int(),
  lastStep: z.number().int(),
  lastValue: z.number(),
});
export type MetricSummary = z.infer<typeof metricSummarySchema>;

/** Activation masks of consecutive steps from `firstStep`: one byte per group and step, step-major, 1 is on. */
export const activationMasksSchema = z.object({
  firstStep: z.number().int(),
  groupCount: z.number().int(),
  bytes: z.instanceof(Uint8Array),
});
export type ActivationMasks = z.infer<typeof activationMasksSchema>;

/**
 * Activation masks folded into buckets of `width` consecutive steps (a power of two) without a gap; the first bucket
 * begins at `firstStep`, a multiple of `width`. With `width` 1, a bucket is one step.
 */
export const activationSharesSchema = z
  .object({
    firstStep: z.number().int(),
    /** The step after the last one drawn. */
    nextStep: z.number().int(),
    width: z.number().int().min(1),
    groupCount: z.number().int().min(1),
    /** Number of steps drawn in each bucket; may be 0. */
    counts: z.instanceof(Uint32Array),
    /** Number of those steps in which each group was on: bucket-major, the first group first. */
    on: z.instanceof(Uint32Array),
  })
  .refine(({ counts, on, groupCount }) => on.length === counts.length * groupCount, 'has columns of different lengths');
export type ActivationShares = z.infer<typeof activationSharesSchema>;
