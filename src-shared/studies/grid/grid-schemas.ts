import { z } from 'zod';
import { forgettingSchema } from '../../domain/evaluation/forgetting.ts';
import { parameterValuesSchema } from '../../domain/parameters/parameter.ts';
import { type RunConfig, runConfigSchema } from '../../domain/runs/run.ts';
import { defaultMetric } from '../../metrics/index.ts';
import { meanInterval, pairedDifference } from '../../statistics/student.ts';
import { scoredTaskShape } from '../config/scored-data.ts';
import { differenceSchema, metricIntervalSchema } from '../scores/metric-interval.ts';
import { cellSettingsSchema } from './cell-settings.ts';
import { gridSchema } from './grid-cells.ts';
import { tuningSchema } from './tuning.ts';

/** Subject scored in every cell: its adapters alone, merged across seeds, or pruned. */
export const subjectChoiceSchema = z.union([
  z.literal('alone'),
  z.strictObject({
    merge: z.string().describe('id of a merge method'),
    parameters: parameterValuesSchema.default({}),
    of: z.enum(['pairs', 'all']).default('pairs').describe('every pair of seeds, or all seeds in one merge'),
  }),
  z.strictObject({
    prune: z.string().describe('id of a prune method'),
    parameters: parameterValuesSchema.default({}),
  }),
]);
export type SubjectChoice = z.output<typeof subjectChoiceSchema>;

/** Task heads that classifiers are scored with: their own, that of the compared cell, or one fitted to the result. */
export const headControls = ['trained', 'swapped', 'refit_after'] as const;
export type HeadControl = (typeof headControls)[number];

/** Strengths that scores are repeated at: ΔW as trained, or multiplied so that its norm is that of the compared cell. */
export const normControls = ['trained', 'swapped'] as const;
export type NormControl = (typeof normControls)[number];

/** Budgets that the cells of a grid can share. */
export const budgets = ['steps', 'rate_weighted_updates', 'compute'] as const;
export type Budget = (typeof budgets)[number];

/** Fields that studies over a grid of a run's fields have in common. */
export const gridConfigShape = {
  run: runConfigSchema.prefault({}).describe('the run that the cells vary; its seed is not used'),
  grid: gridSchema,
  metric: z.string().default(defaultMetric.id),
  further_metrics: z.array(z.string()).default([]).describe('metrics reported beside the first'),
  scores: z.array(subjectChoiceSchema).min(1).default(['alone']).describe('alone, merged across seeds, pruned'),
  head: z
    .array(z.enum(headControls))
    .min(1)
    .optional()
    .describe(
      'task heads of every score: trained (the default); swapped, that of the compared cell; refit_after, fitted anew to the adapter, merge or pruning on training examples',
    ),
  norm: z
    .array(z.enum(normControls))
    .min(1)
    .optional()
    .describe(
      'strengths of every score: trained (the default); swapped, with ΔW multiplied by one factor so that its Frobenius norm over all modules is that of the compared cell, seed by seed',
    ),
  match: z
    .enum(budgets)
    .optional()
    .describe(
      'budget that all cells share: steps (the default); rate_weighted_updates, the steps times the share of the learning rate that an adapter receives; compute, the passes through layers',
    ),
  matched_steps: z
    .array(z.number().int().nullable())
    .optional()
    .describe('steps of each cell by match; null: as the run says; filled in before the start'),
  ...scoredTaskShape,
  reference: cellSettingsSchema
    .nullable()
    .default(null)
    .describe(
      'values of the reference cell; of some fields only: each cell is compared with the one that has these and its other values; null: the first cell',
    ),
  left_out: z
    .array(
      z.object({
        cell: z.number().int(),
        score: z.number().int(),
        head: z.enum(headControls).optional(),
        norm: z.enum(normControls).optional(),
        reason: z.string(),
      }),
    )
    .default([])
    .describe('cells whose adapters a merge or pruning cannot take, by positions; filled in before the start'),
};

/** A thing that is scored of every cell, with a task head, at a strength. */
export interface ScoredChoice {
  /** Position in the config. */
  readonly score: number;
  readonly choice: SubjectChoice;
  readonly head: HeadControl;
  readonly norm: NormControl;
}

/** Everything that is scored of every cell, in order. */
export function scoredChoices({
  scores,
  head = ['trained'],
  norm = ['trained'],
}: {
  readonly scores: readonly SubjectChoice[];
  readonly head?: readonly HeadControl[] | undefined;
  readonly norm?: readonly NormControl[] | undefined;
}): ScoredChoice[] {
  return scores.flatMap((choice, score) =>
    head.flatMap((one) => norm.map((strength) => ({ score, choice, head: one, norm: strength }))),
  );
}

/** Returns a note if all seeds of a study share one draw of training examples, which no interval includes. */
export function fixedDrawNotes({
  data_seed,
  train_samples_per_class,
  max_train_samples,
}: Pick<RunConfig, 'data_seed' | 'train_samples_per_class' | 'max_train_samples'>): string[] {
  if (data_seed === null || (train_samples_per_class === 0 && max_train_samples === 0)) return [];
  return [
    `All seeds train on the same drawn examples (data_seed ${data_seed}), so no interval includes the draw. Without data_seed every seed draws its own.`,
  ];
}

const outcomeCellSchema = z.object({
  /** One value per seed, or per merged pair (or all) of the seeds. In the metric's own unit: an accuracy is a share. */
  values: z.array(z.object({ seeds: z.array(z.number().int()), value: z.number() })),
  own: metricIntervalSchema,
  /** From the cell's reference, paired in seeds and examples; null for a cell that is its own. */
  difference: differenceSchema.nullable(),
  /** Mean rise over the seeds; null where it was not measured. */
  forgetting: forgettingSchema
    .pick({ measure: true, rise: true })
    .extend({ difference: metricIntervalSchema.nullable().optional().describe('paired, as that of the metric') })
    .nullable(),
  norms: z
    .object({ own: z.number(), target: z.number() })
    .optional()
    .describe('mean ‖ΔW‖ as trained, and that of the compared cell, which the scores are at'),
});

/** One subject under one metric, for every cell. */
export const outcomeSchema = z.object({
  label: z.string().describe('e.g. "Alone", "Every other layer"'),
  metric: z.string(),
  /** null where a cell's adapters cannot be merged or pruned so. */
  cells: z.array(outcomeCellSchema.nullable()),
  notes: z.array(z.string()).default([]).describe('why cells are left out'),
});
export type GridOutcome = z.infer<typeof outcomeSchema>;
export type OutcomeCell = z.infer<typeof outcomeCellSchema>;

export const gridResultShape = {
  examples: z.number().int(),
  metric: z.string(),
  /** Index of the cell that the first is compared with; of earlier versions, that all are. */
  reference: z.number().int(),
  references: z.array(z.number().int()).default([]).describe('index of the cell that each is compared with'),
  cells: z.array(
    z.object({
      label: z.string(),
      settings: cellSettingsSchema,
      coto: z.boolean(),
      /** Chosen by the sweep of the same study; null: as the run or the grid says. */
      learning_rate: z.number().nullable().default(null),
      /** Chosen as the rate is; absent where no batch size is swept. */
      batch_size: z.number().int().optional(),
      /** Scores by seed, in results of earlier versions. */
      scores: z.array(z.object({ seed: z.number().int(), value: z.number() })).default([]),
    }),
  ),
  outcomes: z.array(outcomeSchema).default([]),
  tuning: tuningSchema.nullable().default(null),
};
const gridResultSchema = z.object(gridResultShape);
export type GridResult = z.infer<typeof gridResultSchema>;

/** Index of the cell that this one is compared with. */
export function referenceOf({ reference, references }: GridResult, at: number): number {
  return references[at] ?? reference;
}

/** Returns true if another cell is compared with this one. */
export function isReference(result: GridResult, at: number): boolean {
  return result.cells.some((_, other) => other !== at && referenceOf(result, other) === at);
}

/** The cell that all others are compared with; null where there are several. */
export function commonReference(result: GridResult): number | null {
  const all = new Set(result.cells.map((_, at) => referenceOf(result, at)));
  return all.size === 1 ? ([...all][0] ?? null) : null;
}

/** The outcomes of a result; of an earlier version, by seeds only. */
export function outcomesOf({ outcomes, cells, metric, reference }: GridResult): GridOutcome[] {
  if (outcomes.length > 0 || cells.every(({ scores }) => scores.length === 0)) return outcomes;
  const control = new Map(cells[reference]?.scores.map(({ seed, value }) => [seed, value]));
  return [
    {
      label: 'Alone',
      metric,
      notes: [],
      cells: cells.map(({ scores }, at) => {
        const pairs = scores.flatMap(({ seed, value }) => {
          const other = control.get(seed);
          return other === undefined ? [] : [{ value, other }];
        });
        const [treated, controls] = [pairs.map(({ value }) => value), pairs.map(({ other }) => other)];
        return {
          values: scores.map(({ seed, value }) => ({ seeds: [seed], value })),
          own: { ...meanInterval(scores.map(({ value }) => value)), bootstrap: null },
          difference:
            at === reference || pairs.length === 0
              ? null
              : { ...pairedDifference(treated, controls), test: null, bootstrap: null, permutation: null },
          forgetting: null,
        };
      }),
    },
  ];
}
