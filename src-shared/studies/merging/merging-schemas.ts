import { z } from 'zod';
import { plannedAdapterSchema } from '../../domain/adapters/adapter-reference.ts';
import { scoredDataShape } from '../config/scored-data.ts';
import { judgedMetricSchema, resultMetricSchema } from '../scores/judged-metric.ts';
import { measuredScoreSchema } from '../scores/point-score.ts';
import { checkMergeScales, mergeScalesShape, scaleTuningSchema } from './merge-scales.ts';

export const usualMethods = ['factor-average', 'weight-average', 'ensemble'];

export const mergingConfigSchema = z
  .strictObject({
    kind: z.literal('merging'),
    ...scoredDataShape,
    metric: judgedMetricSchema,
    methods: z.array(z.string()).default(usualMethods),
    placebos: z.boolean().default(false),
    seed: z.number().int().min(0).default(0),
    search: z.string().default('none'),
    search_evaluations: z.number().int().min(2).default(60),
    ...mergeScalesShape,
    groups: z
      .array(z.strictObject({ label: z.string(), coto: z.boolean(), adapters: z.array(plannedAdapterSchema).min(2) }))
      .min(1),
  })
  .superRefine(checkMergeScales);

export type MergingConfig = z.output<typeof mergingConfigSchema>;

export const mergingResultSchema = z.object({
  kind: z.literal('merging'),
  examples: z.number().int(),
  metric: resultMetricSchema,
  groups: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      alone: z.array(measuredScoreSchema),
      /** `tuning`: the accuracy of classes, else the negative loss, on the training examples that a search was tuned on. */
      merged: z.array(measuredScoreSchema.extend({ method: z.string(), tuning: z.number().optional() })),
      /** Placebos of each merge that produces an adapter. */
      placebos: z.array(measuredScoreSchema.extend({ method: z.string(), placebo: z.string() })).optional(),
    }),
  ),
  /** Absent where methods are compared at their own strength. */
  scaling: scaleTuningSchema.optional(),
});
export type MergingResult = z.infer<typeof mergingResultSchema>;
