import { z } from 'zod';
import { bandTrace } from '../../figures/band.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, type LineEnd, lineEnds, marginFor } from '../../figures/layout.ts';
import { seriesKey, studyStyles } from '../../figures/palette.ts';
import { axisTitle, titled } from '../../format/mid-sentence.ts';
import { hoverFormat, metricName, metricUnit, valueText } from '../../metrics/index.ts';
import type { StudyTable } from '../define-study.ts';
import { cutOffNote, drawnEnds, metricIntervalSchema } from '../scores/metric-interval.ts';

/** Extensions of a sweep whose file does not limit them. */
export const usualExtensions = 2;

/** A sweep of learning rates for each cell of a grid, all with the same budget. */
export const tuneSchema = z.strictObject({
  learning_rate: z
    .array(z.number().positive())
    .min(2)
    .describe('rates that every cell tries; the best by the mean score on the validation split is used'),
  seeds: z.array(z.number().int().min(0)).min(1).describe('every rate is trained once on each'),
  validation_samples: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('training examples held out to choose by; null: the validation_samples of the run'),
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

/** The sweep of one cell. */
const tunedCellSchema = z.object({
  label: z.string(),
  coto: z.boolean(),
  learning_rate: z.number().describe('chosen: the best mean score, of equal ones the smallest rate'),
  edge: z
    .enum(['low', 'high'])
    .nullable()
    .describe('the chosen rate is an end of the grid: a better one may lie beyond'),
  points: z.array(
    z.object({
      learning_rate: z.number(),
      scores: z.array(z.object({ seed: z.number().int(), value: z.number() })),
      interval: metricIntervalSchema,
    }),
  ),
});
export type TunedCell = z.infer<typeof tunedCellSchema>;

export const tuningSchema = z.object({
  metric: z.string(),
  examples: z.number().int().describe('of the validation split'),
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
export function tuningTable({ metric, examples, cells, equalBudget }: Tuning, task: string | null = null): StudyTable {
  const one = sweptWord(task);
  const rates = cells[0]?.points.map(({ learning_rate }) => learning_rate) ?? [];
  return {
    title: headed(task, `learning rates tried: validation ${metricName(metric)}${metricUnit(metric).label}`),
    columns: [
      { label: titled(one) },
      ...rates.map((rate) => ({ label: rateText(rate), numeric: true })),
      { label: 'Chosen', numeric: true },
      { label: 'Note' },
    ],
    notes: [
      `Means over the sweep's seeds on ${examples} validation examples; *: chosen. ${equalBudget ? `Every ${one} had the same rates, seeds and steps.` : `The ${one}s differ in the steps of a trial: their budgets are not equal.`}`,
    ],
    rows: cells.map(({ label, points, learning_rate, edge }) => ({
      cells: [
        label,
        ...points.map((point) => {
          const value = valueText(metric, point.interval.mean);
          return point.learning_rate === learning_rate ? `${value} *` : value;
        }),
        rateText(learning_rate),
        edge === null ? '' : edgeText(edge),
      ],
    })),
  };
}

/** The rows of a sweep: cells of a grid, or a task's variants. */
function sweptWord(task: string | null): string {
  return task === null ? 'cell' : 'variant';
}

function headed(task: string | null, words: string): string {
  return task === null ? titled(words) : `${task}: ${words}`;
}

export function edgeText(edge: 'low' | 'high'): string {
  return `best at the ${edge === 'low' ? 'lowest' : 'highest'} rate: extend the grid`;
}

/** Curves of the validation score against the learning rate, with their 95 % intervals as bands; a ring: the chosen rate. */
export function tuningFigure(
  { metric, examples, cells }: Tuning,
  theme: FigureTheme,
  task: string | null = null,
): Figure {
  const one = sweptWord(task);
  const styles = studyStyles(cells, theme);
  const { scale, unit } = metricUnit(metric);
  const data: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const values: number[] = [];
  for (const cell of cells) {
    const style = styles.get(seriesKey(cell));
    if (style === undefined) continue;
    const x = cell.points.map(({ learning_rate }) => learning_rate);
    const y = cell.points.map(({ interval }) => interval.mean * scale);
    const intervals = cell.points.map(({ interval }) => drawnEnds(interval, metric));
    const low = intervals.map(([end]) => end * scale);
    const high = intervals.map(([, end]) => end * scale);
    values.push(...y, ...low, ...high);
    data.push(bandTrace(`${plainText(cell.label)}: 95 % interval`, x, { low, high }, style.color), {
      type: 'scatter',
      mode: 'lines+markers',
      name: plainText(cell.label),
      x,
      y,
      line: { width: 2, color: style.color, dash: style.dash },
      marker: {
        size: x.map((rate) => (rate === cell.learning_rate ? 12 : 5)),
        symbol: x.map((rate) => (rate === cell.learning_rate ? 'circle-open' : 'circle')),
        color: style.color,
        line: { width: 2, color: style.color },
      },
      hovertemplate: `%{x}: %{y:${hoverFormat(metric)}} ${unit}<extra>${plainText(cell.label)}</extra>`,
    });
    ends.push({ label: cell.label, style, x: Math.log10(x.at(-1) ?? 1), y: y.at(-1) ?? Number.NaN });
  }
  const rates = [...new Set(cells.flatMap(({ points }) => points.map(({ learning_rate }) => learning_rate)))].sort(
    (one, other) => one - other,
  );
  const note = cutOffNote(
    cells.flatMap(({ points }) => points.map(({ interval }) => interval)),
    (interval) => drawnEnds(interval, metric),
  );
  const room = 0.06 * (Math.max(...values) - Math.min(...values) || 1);
  const range: [number, number] = [Math.min(...values) - room, Math.max(...values) + room];
  return {
    data,
    layout: baseLayout(theme, plainText(headed(task, `validation ${metricName(metric)} by learning rate`)), {
      hovermode: 'closest',
      margin: { l: 56, r: marginFor(cells.map(({ label }) => label)), t: 44, b: 48 },
      xaxis: axis(theme, 'learning rate', {
        type: 'log',
        tickvals: rates,
        // Labels every second rate if there are many.
        ticktext: rates.map((rate, at) => (rates.length > 8 && at % 2 === 1 ? '' : rateText(rate))),
      }),
      yaxis: axis(theme, axisTitle(`validation ${metricName(metric)}`, unit), { range }),
      annotations: lineEnds(theme, ends, range),
    }),
    caption: `Mean ${metricName(metric)} on ${examples} validation examples; bands: 95 % intervals; rings: the chosen rates. Every ${one} tried the same rates.${note}`,
  };
}
