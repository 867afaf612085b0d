import { z } from 'zod';
import { maskUnitSchema } from '../../domain/evaluation/mask-table.ts';
import { defaultMetric, exampleMetrics } from '../../metrics/index.ts';
import { scoredDataShape } from '../config/scored-data.ts';
import { namedAdaptersSchema } from './named-adapters.ts';

export const contributionConfigSchema = z.strictObject({
  kind: z.literal('contribution'),
  ...scoredDataShape,
  unit: maskUnitSchema.default('layer'),
  metric: z.enum(exampleMetrics).default(defaultMetric.id),
  values: z.enum(['auto', 'exact', 'permutations', 'integral']).default('auto'),
  budget: z.number().int().min(2).default(2000),
  antithetic: z.boolean().default(true),
  seed: z.number().int().min(0).default(0),
  adapters: namedAdaptersSchema,
});
export type ContributionConfig = z.output<typeof contributionConfigSchema>;

/** A value and half the width of its 95 % interval, null where there is none; accuracies are shares, losses in nats. */
export const intervalValueSchema = z.object({ value: z.number(), halfWidth: z.number().nullable() });
export type IntervalValue = z.infer<typeof intervalValueSchema>;

/** Values of one group; of a metric of which less is better all are of its negative, so that a positive value helps. */
const groupValuesSchema = z.object({
  name: z.string(),
  layers: z.array(z.number().int()),
  type: z.string().nullable(),
  shapley: intervalValueSchema,
  /** Null where sets were sampled. */
  banzhaf: intervalValueSchema.nullable(),
  leaveOneOut: intervalValueSchema,
  alone: intervalValueSchema,
});
export type GroupValues = z.infer<typeof groupValuesSchema>;

const adapterContributionSchema = z.object({
  label: z.string(),
  coto: z.boolean(),
  seed: z.number().int(),
  groups: z.array(groupValuesSchema),
  /** Scores with no group on and with all. */
  none: intervalValueSchema,
  all: intervalValueSchema,
  /** Method of the values; `samples` are of permutations (or antithetic pairs), or rounds of the integral. */
  exact: z.boolean(),
  samples: z.number().int().nullable(),
  /** Σφ, and what it must be: v(all) − v(none). */
  efficiency: z.object({ sum: z.number(), difference: z.number() }),
  /** Largest |φ − ∫ e(p) dp| over the groups, where every mask is known. */
  integralDifference: z.number().nullable(),
  /** The score against the number of groups that are on: mean, 5 % and 95 % of the evaluated masks of that size. */
  stability: z.array(
    z.object({
      active: z.number().int(),
      mean: z.number(),
      low: z.number(),
      high: z.number(),
      masks: z.number().int(),
    }),
  ),
  /** Shapley interaction index of each pair; null where sets were sampled. */
  interactions: z.array(z.array(intervalValueSchema)).nullable(),
  /** e(p): the expected marginal contribution of each group at p, marginals[group][point]; null for permutations. */
  curves: z.object({ p: z.array(z.number()), marginals: z.array(z.array(z.number())) }).nullable(),
  cost: z.object({
    masks: z.number().int(),
    layerEvaluations: z.number().int(),
    /** The same without shared prefixes. */
    layerEvaluationsAlone: z.number().int(),
    /** Multiplications of the linears over those of one forward pass. */
    forwardPasses: z.number(),
  }),
});
export type AdapterContribution = z.infer<typeof adapterContributionSchema>;

export const contributionResultSchema = z.object({
  kind: z.literal('contribution'),
  unit: maskUnitSchema,
  metric: z.enum(exampleMetrics),
  examples: z.number().int(),
  blocks: z.number().int(),
  adapters: z.array(adapterContributionSchema),
});
export type ContributionResult = z.infer<typeof contributionResultSchema>;
