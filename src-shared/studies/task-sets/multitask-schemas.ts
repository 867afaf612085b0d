import { z } from 'zod';
import { forgettingSchema } from '../../domain/evaluation/forgetting.ts';
import { defaultMetric } from '../../metrics/index.ts';
import { methodChoiceShape } from '../config/method-choice.ts';
import { checkMergeScales, mergeScalesShape, scaleTuningSchema } from '../merging/merge-scales.ts';
import { intervalSchema } from '../scores/interval.ts';
import { checkTaskSets, taskSetsShape } from './task-sets.ts';
import { taskTuningSchema } from './task-tuning.ts';

/** The paper's three, both averages side by side, and those made for merging tasks. */
export const usualMethods = [
  'factor-average',
  'weight-average',
  'ensemble',
  'lora-lego',
  'ties',
  'knots',
  'core-space',
];

const methodSchema = z.union([
  z.string(),
  z.strictObject({
    ...methodChoiceShape,
    label: z.string().optional().describe('default: the label of the method'),
  }),
]);

export type MethodChoice = z.output<typeof methodSchema>;

export const multitaskConfigSchema = z
  .strictObject({
    kind: z.literal('multitask'),
    ...taskSetsShape,
    metric: z.string().default(defaultMetric.id),
    methods: z
      .array(methodSchema)
      .min(1)
      .nullable()
      .default(null)
      .describe('null: the usual ones that the adapters allow'),
    placebos: z.boolean().default(true),
    random_adapters: z.boolean().default(false),
    search: z.string().default('none'),
    search_evaluations: z.number().int().min(2).default(60),
    tuning_samples: z.number().int().min(1).default(64),
    seed: z.number().int().min(0).default(0).describe('of placebos and searches'),
    ...mergeScalesShape,
  })
  .superRefine(checkTaskSets('normalized scores need a metric of which more is better; the loss is beside it'))
  .superRefine(checkMergeScales);
export type MultitaskConfig = z.output<typeof multitaskConfigSchema>;

/** Subject of a table row. `index` is the position of the method in the config. */
export const multitaskRowSchema = z.object({
  kind: z.enum(['base', 'own', 'single', 'merge', 'placebo', 'random']),
  index: z.number().int().nullable(),
  method: z.string().nullable(),
  /** Method that creates the placebo from the merge. */
  placebo: z.string().nullable(),
  /** True if outputs are merged, with one pass for each adapter. */
  outputs: z.boolean(),
  /** Addition to the method's label: the config's own label, or parameters. */
  label: z.string().nullable(),
});
export type MultitaskRow = z.infer<typeof multitaskRowSchema>;

/** A score of one row on one task, of one set of adapters. */
const cellSchema = z.object({
  value: z.number(),
  loss: z.number(),
  forgetting: forgettingSchema.nullable().default(null),
});
export type MultitaskCell = z.infer<typeof cellSchema>;

const summarySchema = z.object({
  /** By task, in the metric's own unit. */
  tasks: z.array(intervalSchema),
  mean: intervalSchema,
  /** Mean over tasks of value / own; null where no adapter scores above zero. */
  normalized: intervalSchema.nullable(),
  /** Mean over tasks of (value − base) / (own − base); null where no adapter gains on the base. */
  recovered: intervalSchema.nullable(),
});
export type MultitaskSummary = z.infer<typeof summarySchema>;

export const multitaskResultSchema = z.object({
  kind: z.literal('multitask'),
  metric: z.string(),
  examples: z.number().int().describe('test examples of all tasks together'),
  tasks: z.array(z.object({ name: z.string(), examples: z.number().int() })),
  rows: z.array(multitaskRowSchema),
  groups: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      seeds: z.array(z.number().int()),
      /** cells[set][row][task] */
      cells: z.array(z.array(z.array(cellSchema))),
      /** For each set, the task whose adapter scores best over all tasks. */
      single: z.array(z.number().int()),
      /** By row. */
      summaries: z.array(summarySchema),
      /** Tasks on which the adapters gain too little on the base for (value − base) / (own − base). */
      flat: z.array(z.number().int()),
      /** Search results by set and row; null for a row without a search. */
      tuned: z.array(
        z.array(
          z
            .object({
              score: z.number(),
              given: z.number(),
              weights: z.array(z.union([z.number(), z.array(z.number())])),
            })
            .nullable(),
        ),
      ),
    }),
  ),
  /** Source of variation that the intervals cover. */
  over: z.enum(['sets', 'examples', 'nothing']),
  /** With CoTo minus without, paired by seed, for each pair of groups. */
  differences: z.array(
    z.object({
      coto: z.number().int(),
      without: z.number().int(),
      /** By row; p: two-sided sign-flip test over the sets. */
      rows: z.array(
        z.object({
          mean: intervalSchema,
          normalized: intervalSchema.nullable(),
          p: z.number().nullable(),
        }),
      ),
    }),
  ),
  /** By task, where learning rates were swept. */
  tuning: z.array(taskTuningSchema).default([]),
  /** Absent where methods are compared at their own strength. */
  scaling: scaleTuningSchema.optional(),
});
export type MultitaskResult = z.infer<typeof multitaskResultSchema>;

/** The methods of a study, of one that was not created yet the usual ones. */
export function methodsOf({ methods }: Pick<MultitaskConfig, 'methods'>): readonly MethodChoice[] {
  return methods ?? usualMethods;
}
