import { z } from 'zod';
import { StudioError } from '../contract/errors.ts';
import type { Declaration } from '../domain/parameter.ts';
import { runConfigSchema } from '../domain/run.ts';
import { barSeries } from '../figures/bars.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../figures/figure.ts';
import { axis, baseLayout, intervalCaption } from '../figures/layout.ts';
import { colors, themeColors } from '../figures/palette.ts';
import { type MeanInterval, meanInterval, pairedDifference } from '../statistics/student.ts';
import { type CellSettings, cellSettingsSchema } from './cell-settings.ts';
import { valuesOf } from './composing.ts';
import { defineStudy } from './define-study.ts';

const declaration: Declaration = {
  id: 'ablation',
  label: 'Ablation',
  summary:
    'Any grid over the fields of a run on paired seeds: mean of each cell, and its paired difference to a reference cell with a 95 % interval.',
  parameters: [
    {
      name: 'grid',
      label: 'Grid',
      type: 'text',
      multiline: true,
      default: 'coto: off, on',
      help: 'A line for each field of the run with its values, e.g. "learning_rate: 5e-4, 1e-3", "adapter.parameters.r: 4, 8", "adapter.variant: lora, dora", "coto: off, on". The first cell is the reference.',
    },
    {
      name: 'seeds',
      label: 'Seeds',
      type: 'integer-list',
      default: [1, 2, 3],
      minimum: 0,
      help: 'Every cell is trained once on each. Meaningful intervals need three or more.',
    },
    {
      name: 'metric',
      label: 'Metric',
      type: 'text',
      default: 'accuracy',
      help: 'accuracy, loss, or a further metric of the task by its id, e.g. f1_macro.',
    },
  ],
};

const configSchema = z.strictObject({
  kind: z.literal('ablation'),
  run: runConfigSchema.prefault({}).describe('the run that the cells vary; its seed is not used'),
  grid: z
    .record(z.string(), z.array(z.json()).min(1))
    .refine((grid) => Object.keys(grid).length > 0, 'Name at least one field with its values.')
    .refine((grid) => !Object.hasOwn(grid, 'seed'), 'The seed cannot be a field of the grid: give seeds.'),
  seeds: z.array(z.number().int().min(0)).min(1),
  metric: z.string().default('accuracy'),
  reference: cellSettingsSchema.nullable().default(null).describe('settings of the reference cell; null: the first'),
});
export type AblationConfig = z.output<typeof configSchema>;

const resultSchema = z.object({
  kind: z.literal('ablation'),
  examples: z.number().int(),
  metric: z.string(),
  /** Index of the cell that the others are compared with. */
  reference: z.number().int(),
  cells: z.array(
    z.object({
      label: z.string(),
      settings: cellSettingsSchema,
      coto: z.boolean(),
      /** In the metric's own unit: an accuracy is a share. */
      scores: z.array(z.object({ seed: z.number().int(), value: z.number() })),
    }),
  ),
});
export type AblationResult = z.infer<typeof resultSchema>;

/** A grid over a run's fields × paired seeds; trains what is missing. */
export const ablationStudy = defineStudy({
  kind: 'ablation',
  declaration,
  takes: 'run',
  configSchema,
  resultSchema,
  compose(input) {
    if (input.run === null) throw new StudioError('refused', 'Choose the run to vary.');
    const { grid, seeds, metric } = valuesOf(declaration, input);
    return {
      kind: 'ablation' as const,
      run: input.run,
      grid: gridFromText(String(grid)),
      seeds: z.array(z.number()).parse(seeds),
      metric: String(metric),
    };
  },
  references: () => [],
  describeConfig: ({ run, grid, seeds, metric }) => [
    { label: 'Data', value: run.dataset },
    { label: 'Base', value: run.model },
    {
      label: 'Grid',
      value: Object.entries(grid)
        .map(([name, values]) => `${name} × ${values.length}`)
        .join(', '),
    },
    { label: 'Seeds', value: seeds.join(', ') },
    { label: 'Metric', value: metric },
  ],
  table(result) {
    const { scale, unit } = unitOf(result.metric);
    const compared = comparedCells(result);
    return [
      {
        title: `${titled(result.metric)} of each cell, and its paired difference to the reference`,
        columns: [
          { label: 'Cell' },
          { label: `Each seed${unit}`, numeric: true },
          { label: `Mean${unit}`, numeric: true },
          { label: '± 95 %', numeric: true },
          { label: 'Difference', numeric: true },
          { label: '± 95 %, paired', numeric: true },
        ],
        rows: result.cells.map(({ label, scores }, at) => {
          const { own, difference } = compared[at] ?? { own: null, difference: null };
          return {
            cells: [
              at === result.reference ? `${label} (reference)` : label,
              scores.map(({ value }) => written(value, scale)).join(', '),
              own === null ? '–' : written(own.mean, scale),
              halfWidthText(own, scale),
              difference === null ? '–' : signed(difference.mean, scale),
              halfWidthText(difference, scale),
            ],
          };
        }),
      },
    ];
  },
  figures: (result) => [
    { name: 'Cells', draw: (theme) => cellFigure(result, theme) },
    { name: 'Differences to the reference', draw: (theme) => differenceFigure(result, theme) },
  ],
});

/** Every combination of the grid's values, the first field changing slowest. */
export function cellsOf(grid: AblationConfig['grid']): CellSettings[] {
  let cells: CellSettings[] = [{}];
  for (const [name, values] of Object.entries(grid))
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
  return cells;
}

/**
 * "learning_rate: 5e-4, 1e-3" by lines → the grid. Values are parsed as JSON if possible, else taken as text; "on"
 * and "off" enable a feature with its defaults and disable it. @throws StudioError invalid_input naming the line
 */
export function gridFromText(text: string): AblationConfig['grid'] {
  const grid: AblationConfig['grid'] = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const [, name, values] = /^\s*([\w.]+)\s*:\s*(.+)$/.exec(line) ?? [];
    if (name === undefined || values === undefined)
      throw new StudioError('invalid_input', `"${line.trim()}" is not a line of a grid.`, 'Write field: value, value.');
    // Commas inside brackets belong to one value.
    grid[name] = values.split(/,(?![^[{]*[\]}])/).map((value) => valueFromWord(value.trim()));
  }
  return grid;
}

function valueFromWord(word: string): CellSettings[string] {
  if (word === 'on') return {};
  if (word === 'off') return null;
  try {
    return z.json().parse(JSON.parse(word));
  } catch {
    return word;
  }
}

/**
 * Mean of each cell with its 95 % interval, and its difference to the reference, paired by seed; null for the
 * reference.
 */
export function comparedCells({
  cells,
  reference,
}: Pick<AblationResult, 'cells' | 'reference'>): { own: MeanInterval; difference: MeanInterval | null }[] {
  const control = new Map(cells[reference]?.scores.map(({ seed, value }) => [seed, value]));
  return cells.map(({ scores }, at) => {
    const paired = scores.flatMap(({ seed, value }) => {
      const other = control.get(seed);
      return other === undefined ? [] : [{ value, other }];
    });
    return {
      own: meanInterval(scores.map(({ value }) => value)),
      difference:
        at === reference || paired.length === 0
          ? null
          : pairedDifference(
              paired.map(({ value }) => value),
              paired.map(({ other }) => other),
            ),
    };
  });
}

/** Shares are shown in per cent; a loss, in nats, as it is. */
function unitOf(metric: string): { scale: number; unit: string; axisUnit: string } {
  if (metric === 'loss') return { scale: 1, unit: ' (nats)', axisUnit: 'nats' };
  if (metric === 'accuracy' || metric === 'exact_match' || metric.startsWith('f1'))
    return { scale: 100, unit: ' (%)', axisUnit: '%' };
  return { scale: 1, unit: '', axisUnit: '' };
}

function cellFigure(result: AblationResult, theme: FigureTheme): Figure {
  const { scale, axisUnit } = unitOf(result.metric);
  const data = result.cells.flatMap(({ label, coto, scores }, at) => {
    const points = scores.map(({ seed, value }) => ({
      value: value * scale,
      customdata: [at, seed],
      name: `${label}, seed ${seed}`,
    }));
    const style = {
      color: coto ? colors.coto : colors.without,
      dash: 'solid',
      pattern: at === result.reference ? '/' : '',
    };
    // Each cell is a category of its own: its name is below its bar.
    const categories = result.cells.map((_, category) => (category === at ? points : []));
    return barSeries(label, style, categories, 0, 1, theme, axisUnit);
  });
  const seeds = Math.max(0, ...result.cells.map(({ scores }) => scores.length));
  return {
    data,
    layout: cellLayout(result, theme, `${titled(result.metric)} of each cell`, {
      yaxis: axis(theme, axisTitle(`test ${result.metric}`, axisUnit), { rangemode: 'tozero' }),
    }),
    caption: `${titled(result.metric)} on ${result.examples} test examples; blue: with CoTo, orange: without; hatched: the reference. ${intervalCaption(seeds)}`,
  };
}

function differenceFigure(result: AblationResult, theme: FigureTheme): Figure {
  const { scale, axisUnit } = unitOf(result.metric);
  const { text, quiet } = themeColors(theme);
  const shown = comparedCells(result).flatMap(({ difference }, at) =>
    difference === null ? [] : [{ at, difference }],
  );
  const data: FigureObject[] = [
    {
      type: 'scatter',
      mode: 'markers',
      name: 'difference',
      x: shown.map(({ at }) => at),
      y: shown.map(({ difference }) => difference.mean * scale),
      error_y: {
        type: 'data',
        array: shown.map(({ difference }) => (difference.halfWidth ?? 0) * scale),
        color: text,
        thickness: 1.2,
        width: 4,
      },
      customdata: shown.map(({ at }) => at),
      marker: {
        size: 9,
        color: shown.map(({ at }) => (result.cells[at]?.coto === true ? colors.coto : colors.without)),
      },
      hovertemplate: `%{y:.2f} ${axisUnit}<extra></extra>`,
    },
  ];
  const pairs = Math.max(0, ...shown.map(({ difference }) => difference.n));
  const interval =
    pairs < 2
      ? 'One seed: no interval can be given.'
      : `Bars are the 95 % interval (Student's t) of the mean difference over ${pairs} paired seeds; where all seeds differ by exactly the same there is none.${pairs === 2 ? ' Two pairs make such intervals very wide.' : ''}`;
  return {
    data,
    layout: cellLayout(
      result,
      theme,
      `Difference of each cell to "${plainText(result.cells[result.reference]?.label ?? '')}"`,
      {
        yaxis: axis(theme, axisTitle(`difference in ${result.metric}`, axisUnit === '%' ? 'points' : axisUnit), {
          zeroline: true,
          zerolinecolor: quiet,
        }),
      },
    ),
    caption: `Each cell minus the reference, paired by seed, on ${result.examples} test examples. ${interval}`,
  };
}

function cellLayout({ cells }: AblationResult, theme: FigureTheme, title: string, more: FigureObject): FigureObject {
  return baseLayout(theme, title, {
    hovermode: 'closest',
    barmode: 'overlay',
    xaxis: axis(theme, '', {
      tickvals: cells.map((_, at) => at),
      ticktext: cells.map(({ label }) => plainText(label).replaceAll(', ', '<br>')),
      range: [-0.5, Math.max(1, cells.length) - 0.5],
      showgrid: false,
    }),
    ...more,
  });
}

function axisTitle(quantity: string, unit: string): string {
  return unit === '' ? quantity : `${quantity} (${unit})`;
}

function titled(metric: string): string {
  return metric.charAt(0).toUpperCase() + metric.slice(1);
}

/** Per cent to a tenth, anything else to a thousandth. */
function written(value: number, scale: number): string {
  return (value * scale).toFixed(scale === 100 ? 1 : 3);
}

function signed(value: number, scale: number): string {
  return `${value < 0 ? '−' : '+'}${written(Math.abs(value), scale)}`;
}

function halfWidthText(interval: MeanInterval | null, scale: number): string {
  return interval === null || interval.halfWidth === null ? '–' : written(interval.halfWidth, scale);
}
