import { z } from 'zod';
import { forgettingSchema } from '../../domain/evaluation/forgetting.ts';
import { choicesFromText } from '../grid/grid-choices.ts';
import {
  type GridOutcome,
  gridConfigShape,
  gridResultShape,
  type OutcomeCell,
  outcomeSchema,
  subjectChoiceSchema,
} from '../grid/grid-schemas.ts';
import { tuneSchema } from '../grid/tuning.ts';
import { metricIntervalSchema } from '../scores/metric-interval.ts';

/** Shares of the training after which adapters are scored. */
export const usualShares = [0.1, 0.25, 0.5, 0.75, 1] as const;

/** Adapters alone, merged across seeds and pruned, as a form has it. */
export const usualScores = 'alone\nmerge factor-average\nprune every-other-layer';

// Runs of other lengths have other checkpoints at a share, so that no budget of steps can be matched.
const gridShape = z.object(gridConfigShape).omit({ match: true, matched_steps: true }).shape;

export const trajectoryConfigSchema = z.strictObject({
  kind: z.literal('trajectory'),
  ...gridShape,
  grid: gridShape.grid.default({}),
  seeds: z.array(z.number().int().min(0)).min(1),
  shares: z
    .array(z.number().positive().max(1))
    .min(1)
    .default([...usualShares])
    .describe('shares of the training after which the adapters are scored; 1: at its end'),
  scores: z
    .array(subjectChoiceSchema)
    .min(1)
    .default(choicesFromText(usualScores))
    .describe('alone, merged across seeds, pruned'),
  forgetting: z.boolean().default(true).describe('measure what every adapter costs its base'),
  tune: tuneSchema.nullable().default(null).describe('a sweep of learning rates before it; null: none'),
  total_steps: z
    .number()
    .int()
    .nullable()
    .default(null)
    .describe('steps of every training; filled in before the start, as save_steps of the run is'),
});
export type TrajectoryConfig = z.output<typeof trajectoryConfigSchema>;

const forgottenSchema = z.object({
  label: z.string().describe('what was scored, e.g. "Alone"'),
  measure: forgettingSchema.shape.measure,
  /** The rise over the seeds; null where it was not measured. */
  cells: z.array(metricIntervalSchema.nullable()),
});

export const trajectoryResultSchema = z.object({
  kind: z.literal('trajectory'),
  ...z.object(gridResultShape).omit({ outcomes: true }).shape,
  total_steps: z.number().int(),
  /** From the start of the training on. */
  checkpoints: z.array(
    z.object({
      share: z.number().describe('as the study names it'),
      step: z.number().int(),
      outcomes: z.array(outcomeSchema),
      forgetting: z.array(forgottenSchema),
    }),
  ),
});
export type TrajectoryResult = z.infer<typeof trajectoryResultSchema>;

/** One subject under one metric over the training. */
export interface Curve extends Pick<GridOutcome, 'label' | 'metric' | 'notes'> {
  /** By cell, then by checkpoint; null where the adapters cannot be merged or pruned so. */
  readonly cells: readonly (readonly (OutcomeCell | null)[])[];
}

export function curvesOf({ checkpoints, cells }: TrajectoryResult): Curve[] {
  return (checkpoints[0]?.outcomes ?? []).map(({ label, metric, notes }, at) => ({
    label,
    metric,
    notes,
    cells: cells.map((_, cell) => checkpoints.map(({ outcomes }) => outcomes[at]?.cells[cell] ?? null)),
  }));
}

/** The rise of forgetting of one subject over the training. */
export interface ForgettingCurve extends Pick<z.infer<typeof forgottenSchema>, 'label' | 'measure'> {
  readonly cells: readonly (readonly (z.infer<typeof metricIntervalSchema> | null)[])[];
}

export function forgettingCurves({ checkpoints, cells }: TrajectoryResult): ForgettingCurve[] {
  return (checkpoints[0]?.forgetting ?? []).map(({ label, measure }) => ({
    label,
    measure,
    cells: cells.map((_, cell) =>
      checkpoints.map(({ forgetting }) => forgetting.find((one) => one.label === label)?.cells[cell] ?? null),
    ),
  }));
}

/** "50 %", of the training that a checkpoint really has behind it. */
export function shareText(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
