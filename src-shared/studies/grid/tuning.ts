import { z } from 'zod';
import { titled } from '../../format/mid-sentence.ts';
import { metricName, metricUnit, valueText } from '../../metrics/index.ts';
import type { StudyTable } from '../define-study.ts';
import { metricIntervalSchema } from '../scores/metric-interval.ts';

/** Extensions of a sweep whose file does not limit them. */
export const usualExtensions = 2;

/** A sweep of learning rates for each cell of a grid, all with the same budget. */
export const tuneSchema = z.strictObject({
  learning_rate: z
    .array(z.number().positive())
    .min(2)
    .describe('rates that every cell tries; the best by the mean score on the validation split is used'),
  per_device_train_batch_size: z
    .array(z.number().int().min(1))
    .min(2)
    .optional()
    .describe('batch sizes that every rate is tried with; the best pair is used; absent: the batch size of the run'),
  seeds: z.array(z.number().int().min(0)).min(1).describe('every rate is trained once on each'),
  validation_samples: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('training examples held out to choose by; null: the validation_samples of the run'),
  rounding_repeats: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe(
      'repeats of every trial whose initial weights differ by one unit in the last place, to show how far rounding moves its score',
    ),
  extend: z
    .number()
    .int()
    .min(0)
    .max(8)
    .default(usualExtensions)
    .describe(
      'how often the rates are extended at most, for all cells alike, while the best of a cell is at their edge',
    ),
});
export type TuneConfig = z.output<typeof tuneSchema>;

/** Settings that a sweep tries together. */
const trialShape = {
  learning_rate: z.number(),
  batch_size: z.number().int().optional().describe('per_device_train_batch_size; absent: that of the run'),
};
export type Trial = z.infer<z.ZodObject<typeof trialShape>>;

/** The sweep of one cell. */
const tunedCellSchema = z.object({
  label: z.string(),
  coto: z.boolean(),
  ...trialShape,
  edge: z
    .enum(['low', 'high'])
    .nullable()
    .describe('the chosen rate is an end of the grid: a better one may lie beyond'),
  diverged: z
    .array(z.object(trialShape))
    .optional()
    .describe('trials of which a training diverged: they have no point'),
  points: z.array(
    z.object({
      ...trialShape,
      scores: z.array(z.object({ seed: z.number().int(), value: z.number() })),
      interval: metricIntervalSchema,
      rounding: z
        .number()
        .nullish()
        .describe('how far the score moves at most in repeats that differ by rounding; mean over seeds'),
    }),
  ),
});
export type TunedCell = z.infer<typeof tunedCellSchema>;

export const tuningSchema = z.object({
  metric: z.string(),
  examples: z.number().int().describe('of the validation split'),
  rounding_repeats: z.number().int().optional().describe('of every trial; absent: none'),
  equalBudget: z.boolean().describe('whether every cell trains as many steps on as many examples in a trial'),
  cells: z.array(tunedCellSchema),
});
export type Tuning = z.infer<typeof tuningSchema>;

/** A rate as tables show it: "0.001", "3e-5". */
export function rateText(rate: number): string {
  const text = String(Number(rate.toPrecision(3)));
  return text.length > 6 ? rate.toExponential().replace(/(\.\d\d)\d+/, '$1') : text;
}

/** @param task whose sweep it is, in a study of several tasks */
export function tuningTable(
  { metric, examples, cells, equalBudget, rounding_repeats: repeats = 0 }: Tuning,
  task: string | null = null,
): StudyTable {
  const one = sweptWord(task);
  const rates = triedRates(cells);
  const hasBatches = triedBatches(cells).length > 0;
  const tried = hasBatches ? 'learning rates and batch sizes' : 'learning rates';
  return {
    title: headed(task, `${tried} tried: validation ${metricName(metric)}${metricUnit(metric).label}`),
    columns: [
      { label: titled(one) },
      ...(hasBatches ? [{ label: 'Batch size', numeric: true }] : []),
      ...rates.map((rate) => ({ label: rateText(rate), numeric: true })),
      { label: 'Chosen', numeric: true },
      { label: 'Note' },
    ],
    notes: [
      `Means over the sweep's seeds on ${examples} validation examples; *: chosen. ${equalBudget ? `Every ${one} had the same ${hasBatches ? 'rates, batch sizes' : 'rates'}, seeds and steps.` : `The ${one}s differ in the steps of a trial: their budgets are not equal.`}`,
      ...(cells.some(({ diverged }) => diverged !== undefined)
        ? ['Diverged: the loss or the gradient norm of a training was no longer finite. Such a rate is never chosen.']
        : []),
      ...(repeats === 0
        ? []
        : [
            `In parentheses: how far the score moves if nothing but rounding differs, the largest move of ${repeats === 1 ? 'one repeat' : `${repeats} repeats`} with initial weights changed by one unit in the last place, in the mean over the seeds. Smaller differences between rates say nothing.`,
          ]),
    ],
    rows: cells.flatMap((cell) =>
      batchesOf(cell).map((batch) => {
        const isChosen = batch === cell.batch_size;
        return {
          cells: [
            cell.label,
            ...(batch === undefined ? [] : [String(batch)]),
            ...rates.map((rate) => {
              const point = pointAt(cell, rate, batch);
              if (point === undefined) return hasDiverged(cell, rate, batch) ? 'diverged' : '–';
              const moved = point.rounding == null ? '' : ` (${valueText(metric, point.rounding)})`;
              const value = `${valueText(metric, point.interval.mean)}${moved}`;
              return isChosen && rate === cell.learning_rate ? `${value} *` : value;
            }),
            isChosen ? rateText(cell.learning_rate) : '',
            isChosen && cell.edge !== null ? edgeText(cell.edge) : '',
          ],
        };
      }),
    ),
  };
}

/** Every rate of a sweep, ascending. */
export function triedRates(cells: readonly TunedCell[]): number[] {
  const rates = cells.flatMap((cell) => trialsOf(cell).map(({ learning_rate }) => learning_rate));
  return [...new Set(rates)].sort((one, other) => one - other);
}

/** Batch sizes of a sweep, ascending; none where only rates are swept. */
export function triedBatches(cells: readonly TunedCell[]): number[] {
  const sizes = cells.flatMap((cell) => trialsOf(cell).flatMap(({ batch_size }) => batch_size ?? []));
  return [...new Set(sizes)].sort((one, other) => one - other);
}

function trialsOf({ points, diverged = [] }: TunedCell): readonly Trial[] {
  return [...points, ...diverged];
}

/** Batch sizes of a cell; that of the run, undefined, where only rates are swept. */
function batchesOf(cell: TunedCell): (number | undefined)[] {
  const sizes = triedBatches([cell]);
  return sizes.length === 0 ? [undefined] : sizes;
}

function hasDiverged({ diverged = [] }: TunedCell, rate: number, batch: number | undefined): boolean {
  return diverged.some(isTrial(rate, batch));
}

export function pointAt({ points }: TunedCell, rate: number, batch: number | undefined) {
  return points.find(isTrial(rate, batch));
}

function isTrial(rate: number, batch: number | undefined) {
  return ({ learning_rate, batch_size }: Trial) => learning_rate === rate && batch_size === batch;
}

/** The rows of a sweep: cells of a grid, or a task's variants. */
export function sweptWord(task: string | null): string {
  return task === null ? 'cell' : 'variant';
}

export function headed(task: string | null, words: string): string {
  return task === null ? titled(words) : `${task}: ${words}`;
}

export function edgeText(edge: 'low' | 'high'): string {
  return `best at the ${edge === 'low' ? 'lowest' : 'highest'} rate: extend the grid`;
}
