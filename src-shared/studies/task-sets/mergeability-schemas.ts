import { z } from 'zod';
import { mergeVerdicts, pairMeasuresSchema } from '../../domain/merging/mergeability.ts';
import { defaultMetric } from '../../metrics/index.ts';
import { methodChoiceShape } from '../config/method-choice.ts';
import { intervalSchema } from '../scores/interval.ts';
import { checkTaskSets, taskSetsShape } from './task-sets.ts';
import { taskTuningSchema } from './task-tuning.ts';

/** Both averages side by side: they differ. */
export const usualPairMethods = ['factor-average', 'weight-average'];

const methodSchema = z.union([z.string(), z.strictObject(methodChoiceShape)]);

export const mergeabilityConfigSchema = z
  .strictObject({
    kind: z.literal('mergeability'),
    ...taskSetsShape,
    metric: z.string().default(defaultMetric.id),
    methods: z.array(methodSchema).min(1).default(usualPairMethods),
    pairs: z
      .enum(['sets', 'all'])
      .default('sets')
      .describe('pairs that are merged: of one task or of one seed, or all of a group'),
    seed: z.number().int().min(0).default(0).describe('of sampled signs and of permutations'),
  })
  .superRefine(checkTaskSets('what a merge loses needs a metric of which more is better'));
export type MergeabilityConfig = z.output<typeof mergeabilityConfigSchema>;

/** Predictors under test: the verdict, then the measures behind it. */
export const predictors = [
  { id: 'verdict', label: 'Verdict', unit: 'from merge to do not' },
  { id: 'excess', label: 'Overlap above random', unit: 'mean cos² of principal angles' },
  { id: 'cosine', label: 'Cosine', unit: 'of the two ΔW' },
  { id: 'conflict', label: 'Sign conflict', unit: 'share of what both change' },
  { id: 'balance', label: 'Norm balance', unit: 'smaller over larger norm' },
] as const;
export type PredictorId = (typeof predictors)[number]['id'];
const predictorIds = predictors.map(({ id }) => id);

/** Scope of pairs: all, those of one task (seeds), or those of different tasks. */
export const pairScopes = ['all', 'same task', 'different tasks'] as const;

const associationSchema = z.object({
  n: z.number().int().describe('pairs'),
  rho: z
    .number()
    .nullable()
    .describe("Spearman's ρ with the share that the merge loses; null where a side is constant"),
  rhoP: z.number().nullable(),
  tau: z.number().nullable().describe("Kendall's τ-b"),
  tauP: z.number().nullable(),
  /** Holm's, over the predictors of the same pairs. */
  adjusted: z.number().nullable(),
});
export type Association = z.infer<typeof associationSchema>;

export const mergeabilityResultSchema = z.object({
  kind: z.literal('mergeability'),
  metric: z.string(),
  examples: z.number().int().describe('test examples of all tasks together'),
  tasks: z.array(z.object({ name: z.string(), examples: z.number().int() })),
  methods: z.array(z.object({ method: z.string(), label: z.string().nullable() })),
  groups: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      adapters: z.array(z.object({ task: z.number().int(), seed: z.number().int(), own: z.number() })),
      /** Pairs that were merged. */
      pairs: z.array(
        pairMeasuresSchema.extend({
          first: z.number().int(),
          second: z.number().int(),
          verdict: z.enum(mergeVerdicts),
          /** By method: the merge under the head of either adapter on its task, and the mean share of the own scores lost. */
          merges: z.array(z.object({ values: z.array(z.number()), lost: z.number() })),
        }),
      ),
      /** By whole set, of each method: the worst verdict of its pairs. */
      sets: z.array(
        z.object({
          seed: z.number().int(),
          verdict: z.enum(mergeVerdicts),
          merges: z.array(z.object({ values: z.array(z.number()), lost: z.number() })),
        }),
      ),
    }),
  ),
  /** By method, scope of pairs and predictor; `group` null: all groups together, each permuted within itself. */
  associations: z.array(
    associationSchema.extend({
      method: z.number().int(),
      scope: z.enum(pairScopes),
      group: z.number().int().nullable(),
      predictor: z.enum(predictorIds),
    }),
  ),
  /** By method and verdict: what the merges of such pairs lose. */
  byVerdict: z.array(
    z.object({
      method: z.number().int(),
      verdict: z.enum(mergeVerdicts),
      lost: intervalSchema,
    }),
  ),
  /** By method: whether the verdict predicts, in a sentence. */
  answers: z.array(z.string()),
  rule: z.string(),
  /** By task, where learning rates were swept. */
  tuning: z.array(taskTuningSchema).default([]),
});
export type MergeabilityResult = z.infer<typeof mergeabilityResultSchema>;
