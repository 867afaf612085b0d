import { z } from 'zod';
import { StudioError } from '../contract/errors.ts';
import { adapterReferenceSchema } from '../domain/adapter-reference.ts';
import { type Declaration, parameterValuesSchema } from '../domain/parameter.ts';
import { gridLabel } from '../domain/prune.ts';
import { bySeries, meanCurve } from '../figures/band.ts';
import { barSeries } from '../figures/bars.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../figures/figure.ts';
import {
  axis,
  baseLayout,
  intervalCaption,
  type LineEnd,
  legendAbove,
  legendMargin,
  lineEnds,
  marginFor,
} from '../figures/layout.ts';
import { seriesKey, studyStyles } from '../figures/palette.ts';
import { comparisonRow, type TableRow } from '../results/comparison-row.ts';
import { mean } from '../statistics/student.ts';
import { datasetOf, groupsOf, percent, requireOneBase, valuesOf } from './composing.ts';
import { defineStudy, type PrunedChoice, type StudyAdapter, type StudyTable } from './define-study.ts';
import { pointScoreSchema } from './point-score.ts';

const declaration: Declaration = {
  id: 'pruning',
  label: 'Pruning',
  summary: 'How well adapters stand losing whole layers or the smallest entries of their factors.',
  paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
  parameters: [
    {
      name: 'sparsities',
      label: 'Sparsities',
      type: 'text-list',
      default: ['0.25', '0.5', '0.75', '0.9'],
      help: 'Shares of the factor entries set to zero, smallest first: 0.25, 0.5 or 25 %, 50 %.',
    },
    {
      name: 'layers',
      label: 'Whole layers',
      type: 'boolean',
      default: true,
      help: 'Also try the usual patterns of layers that keep their adapters.',
    },
  ],
};

/** A parameter of a prune method that a curve runs over, and the values of the others. */
const gridSchema = z.strictObject({
  method: z.string(),
  parameters: parameterValuesSchema.default({}),
  values: z.array(z.number()).min(1),
});

const configSchema = z
  .strictObject({
    kind: z.literal('pruning'),
    dataset: z.string(),
    eval_samples: z.number().int().min(0).default(0),
    patterns: z
      .array(z.strictObject({ method: z.string(), parameters: parameterValuesSchema }))
      .nullable()
      .default(null)
      .describe('null: the usual ones of every prune method'),
    grids: z
      .array(gridSchema)
      .nullable()
      .default(null)
      .describe('null: the usual one of every prune method that has one'),
    sparsities: z
      .array(z.number().min(0).max(1))
      .optional()
      .describe('the grid of magnitude pruning, as files of earlier versions say it'),
    adapters: z
      .array(
        z.strictObject({
          label: z.string(),
          coto: z.boolean(),
          seed: z.number().int(),
          adapter: adapterReferenceSchema,
        }),
      )
      .min(1),
  })
  .transform(({ sparsities, grids, ...rest }) => ({
    ...rest,
    grids: grids ?? (sparsities === undefined ? null : magnitudeGrids(sparsities)),
  }));
export type PruningConfig = z.output<typeof configSchema>;

function magnitudeGrids(values: readonly number[]): z.infer<typeof gridSchema>[] {
  return values.length === 0 ? [] : [{ method: 'magnitude', parameters: {}, values: [...values] }];
}

const countsSchema = z.object({ kept: z.number().int(), total: z.number().int() });

const gridResultSchema = z.object({
  method: z.string(),
  label: z.string().describe('what the method is called'),
  parameter: z.string().describe('the parameter that the curve runs over'),
  parameters: parameterValuesSchema.describe('the values of the others'),
  axis: z.string(),
  percent: z.boolean(),
  unchanged: z.number().nullable(),
  points: z.array(pointScoreSchema.extend({ value: z.number(), label: z.string(), ...countsSchema.shape })),
});
export type PruningGrid = z.infer<typeof gridResultSchema>;

const prunedSchema = z
  .object({
    label: z.string(),
    coto: z.boolean(),
    seed: z.number().int(),
    unpruned: pointScoreSchema,
    patterns: z.array(
      pointScoreSchema.extend({ label: z.string(), method: z.string(), parameters: parameterValuesSchema }),
    ),
    grids: z.array(gridResultSchema).optional(),
    sparsities: z
      .array(pointScoreSchema.extend({ sparsity: z.number(), ...countsSchema.shape }))
      .optional()
      .describe('the curve of magnitude pruning, as earlier versions kept it'),
  })
  .transform(({ sparsities = [], grids, ...rest }) => ({
    ...rest,
    grids: grids ?? (sparsities.length === 0 ? [] : [magnitudeCurve(sparsities)]),
  }));

function magnitudeCurve(
  points: readonly (Omit<PruningGrid['points'][number], 'value' | 'label'> & { sparsity: number })[],
): PruningGrid {
  return {
    method: 'magnitude',
    label: 'Magnitude',
    parameter: 'sparsity',
    parameters: {},
    axis: 'factor entries set to zero',
    percent: true,
    unchanged: 0,
    points: points.map(({ sparsity, ...score }) => ({
      value: sparsity,
      label: gridLabel({ label: '{value} zeroed', percent: true }, sparsity),
      ...score,
    })),
  };
}

const resultSchema = z.object({
  kind: z.literal('pruning'),
  examples: z.number().int(),
  adapters: z.array(prunedSchema),
});
export type PruningResult = z.output<typeof resultSchema>;
type PrunedAdapter = PruningResult['adapters'][number];

/** How well adapters stand losing parts: patterns as bars, and a curve for each grid. */
export const pruningStudy = defineStudy({
  kind: 'pruning',
  declaration,
  takes: 'adapters',
  offeredBy: { page: 'prune', action: 'Run pruning study' },
  configSchema,
  resultSchema,
  compose(input) {
    requireOneBase(input.adapters);
    const { sparsities, layers } = valuesOf(declaration, input);
    return {
      kind: 'pruning' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
      patterns: layers === true ? null : [],
      grids: magnitudeGrids(sharesFromTexts(sparsities)),
      adapters: input.adapters.map((adapter) => ({
        label: nameAmong(adapter, input.adapters),
        coto: adapter.coto,
        seed: adapter.seed,
        adapter: { adapterId: adapter.id },
      })),
    };
  },
  references: ({ adapters }) => adapters.map(({ adapter }) => adapter),
  facts: ({ dataset, patterns, grids }) => [
    { label: 'Data', value: dataset },
    {
      label: 'Pruned by',
      value: `${patterns === null ? 'the usual patterns' : plural(patterns.length, 'pattern')}, ${
        grids === null ? 'the usual grids' : plural(grids.flatMap(({ values }) => values).length, 'grid value')
      }`,
    },
  ],
  table: (result, config) => [everyScore(result, config)],
  figures(result, config) {
    const keep = (grid: number | null) => (customData: unknown) => {
      if (!Array.isArray(customData)) return null;
      const [adapter, index] = customData;
      return typeof adapter === 'number' && typeof index === 'number'
        ? choiceOf(result, config, adapter, grid, index)
        : null;
    };
    const patterns = {
      name: 'Structured pruning',
      draw: (theme: FigureTheme) => pruningFigure(result, theme),
      keep: keep(null),
    };
    return [
      ...(result.adapters.some((adapter) => adapter.patterns.length > 0) ? [patterns] : []),
      ...(result.adapters[0]?.grids ?? []).map(({ label }, at) => ({
        name: `Pruning curve: ${label}`,
        draw: (theme: FigureTheme) => gridFigure(result, at, theme),
        keep: keep(at),
      })),
    ];
  },
  comparison: ({ adapters }) => comparisonRows(adapters),
});

/** "0.25", "50 %" → shares in rising order, each once. @throws StudioError invalid_input where one is no share */
export function sharesFromTexts(texts: unknown): number[] {
  const shares = z
    .array(z.string())
    .parse(texts)
    .map((text) => {
      const plain = text.replaceAll(/\s/g, '');
      const share = plain.endsWith('%') ? Number(plain.slice(0, -1)) / 100 : Number(plain);
      if (plain === '' || !Number.isFinite(share) || share < 0 || share > 1)
        throw new StudioError('invalid_input', `"${text}" is no share from 0 to 1.`, 'Write 0.25 or 25 %.');
      return share;
    });
  return [...new Set(shares)].sort((first, second) => first - second);
}

/** Seeds of one kind share a name, and are averaged; an adapter whose kind is not told apart by name goes by its own. */
export function nameAmong(adapter: StudyAdapter, all: readonly StudyAdapter[]): string {
  const groups = groupsOf(all).filter(({ label }) => label === adapter.label);
  return groups.length === 1 ? adapter.label : adapter.name;
}

/** A series and its seed; seed 0 stands for an adapter whose seed is not known, which goes by its name alone. */
function seriesName({ label, seed }: { label: string; seed: number }): string {
  return seed === 0 || /\bseed\s*=?\s*\d+$/i.test(label) ? label : `${label}, seed ${seed}`;
}

/** A pattern of an adapter (`grid` null), or a point of its grid. */
function choiceOf(
  result: PruningResult,
  config: PruningConfig,
  at: number,
  grid: number | null,
  index: number,
): PrunedChoice | null {
  const adapter = result.adapters[at];
  const source = config.adapters[at];
  if (!adapter || !source) return null;
  const of = source.adapter;
  if (grid === null) {
    const pattern = adapter.patterns[index];
    if (!pattern) return null;
    const { label, method, parameters } = pattern;
    return { name: `${seriesName(adapter)}: ${label}`, of, method, parameters };
  }
  const curve = adapter.grids[grid];
  const point = curve?.points[index];
  if (!curve || !point) return null;
  const parameters = { ...curve.parameters, [curve.parameter]: point.value };
  return { name: `${seriesName(adapter)}: ${point.label}`, of, method: curve.method, parameters };
}

function everyScore(result: PruningResult, config: PruningConfig): StudyTable {
  return {
    title: 'Every score',
    columns: [
      { label: 'Adapter' },
      { label: 'Pruned by' },
      { label: 'Accuracy (%)', numeric: true },
      { label: 'Lost (points)', numeric: true },
      { label: 'Loss', numeric: true },
    ],
    rows: result.adapters.flatMap((adapter, at) => {
      const row = (label: string, score: z.infer<typeof pointScoreSchema>, keep: PrunedChoice | null) => ({
        cells: [
          seriesName(adapter),
          label,
          percent(score.accuracy),
          keep === null ? '' : percent(adapter.unpruned.accuracy - score.accuracy),
          score.loss.toFixed(3),
        ],
        ...(keep === null ? {} : { keep }),
      });
      return [
        row('unpruned', adapter.unpruned, null),
        ...adapter.patterns.map((score, index) => row(score.label, score, choiceOf(result, config, at, null, index))),
        ...adapter.grids.flatMap(({ points }, grid) =>
          points.map((score, index) => row(score.label, score, choiceOf(result, config, at, grid, index))),
        ),
      ];
    }),
  };
}

function comparisonRows(adapters: readonly PrunedAdapter[]): TableRow[] {
  const scored = (adapter: PrunedAdapter) => [
    ...adapter.patterns.map(({ label, accuracy }) => ({ id: `pattern/${label}`, label, accuracy })),
    ...adapter.grids.flatMap(({ method, points }) =>
      points.map(({ label, accuracy }) => ({ id: `grid/${method}/${label}`, label, accuracy })),
    ),
  ];
  const rows = new Map(adapters.flatMap((adapter) => scored(adapter).map(({ id, label }) => [id, label] as const)));
  return [...rows].map(([id, label]) =>
    comparisonRow(id, label, 'percent', 'higher', (coto) =>
      adapters
        .filter((adapter) => adapter.coto === coto)
        .flatMap((adapter) => {
          const found = scored(adapter).find((one) => one.id === id);
          return found === undefined ? [] : [{ seed: adapter.seed, value: found.accuracy }];
        }),
    ),
  );
}

/**
 * Bars of each structured pattern, the unpruned level of each series as a line, every seed as a point.
 * `customdata` of a point is [index in result.adapters, index in its patterns].
 */
export function pruningFigure(result: PruningResult, theme: FigureTheme): Figure {
  const series = bySeries(result.adapters);
  const styles = studyStyles(result.adapters);
  const labels = result.adapters[0]?.patterns.map((pattern) => pattern.label) ?? [];
  const data: FigureObject[] = [];
  const shapes: FigureObject[] = [];
  let seeds = 0;
  series.forEach((group, slot) => {
    const style = styles.get(seriesKey(group));
    if (style === undefined) return;
    seeds = Math.max(seeds, group.entries.length);
    const categories = labels.map((_, category) =>
      group.entries.flatMap(({ entry, index }) => {
        const pattern = entry.patterns[category];
        return pattern === undefined
          ? []
          : [
              {
                value: pattern.accuracy * 100,
                customdata: [index, category],
                name: `${group.label}, seed ${entry.seed}`,
              },
            ];
      }),
    );
    data.push(...barSeries(group.label, style, categories, slot, series.length, theme));
    const level = mean(group.entries.map(({ entry }) => entry.unpruned.accuracy * 100));
    shapes.push({
      type: 'line',
      xref: 'paper',
      x0: 0,
      x1: 1,
      yref: 'y',
      y0: level,
      y1: level,
      line: { color: style.color, width: 1.5, dash: style.dash === 'solid' ? 'dash' : style.dash },
    });
  });
  return {
    data,
    layout: baseLayout(theme, 'What is left when whole layers lose their adapters', {
      hovermode: 'closest',
      barmode: 'overlay',
      showlegend: true,
      legend: legendAbove(theme),
      margin: { l: 56, r: 24, t: legendMargin, b: 48 },
      xaxis: axis(theme, '', {
        tickvals: labels.map((_, index) => index),
        ticktext: labels.map(plainText),
        range: [-0.5, Math.max(1, labels.length) - 0.5],
        showgrid: false,
      }),
      yaxis: axis(theme, 'test accuracy (%)', { range: [0, 100] }),
      shapes,
    }),
    caption: `Accuracy on ${result.examples} test examples; dashed lines: unpruned. ${intervalCaption(seeds)}`,
  };
}

/**
 * Accuracy over the values of one grid; where a value leaves the adapter as it is, the unpruned level is the point there.
 * `customdata` of a point is [index of the series' first adapter in result.adapters, index in the grid's points; −1 unpruned].
 */
export function gridFigure(result: PruningResult, at: number, theme: FigureTheme): Figure {
  const styles = studyStyles(result.adapters);
  const data: FigureObject[] = [];
  const shapes: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const all: number[] = [];
  let seeds = 0;
  const {
    label = '',
    axis: words = '',
    percent: isShare = false,
    unchanged = null,
  } = result.adapters[0]?.grids[at] ?? {};
  const scale = isShare ? 100 : 1;
  for (const group of bySeries(result.adapters)) {
    const style = styles.get(seriesKey(group));
    const first = group.entries[0];
    if (style === undefined || first === undefined) continue;
    seeds = Math.max(seeds, group.entries.length);
    const pointsOf = ({ grids, unpruned }: PrunedAdapter) => [
      ...(unchanged === null ? [] : [{ ...unpruned, value: unchanged, index: -1 }]),
      ...(grids[at]?.points ?? []).map((point, index) => ({ ...point, index })),
    ];
    const points = pointsOf(first.entry);
    const x = points.map(({ value }) => value * scale);
    const values = group.entries.map(({ entry }) => pointsOf(entry).map(({ accuracy }) => accuracy * 100));
    const curve = meanCurve(
      group.label,
      style,
      x,
      values,
      points.map(({ index }) => [first.index, index]),
    );
    data.push(...curve.traces);
    const level = mean(group.entries.map(({ entry }) => entry.unpruned.accuracy * 100));
    all.push(...values.flat(), level);
    shapes.push({
      type: 'line',
      xref: 'paper',
      x0: 0,
      x1: 1,
      yref: 'y',
      y0: level,
      y1: level,
      line: { color: style.color, width: 1, dash: 'dot' },
    });
    ends.push({ label: group.label, style, x: x.at(-1) ?? 100, y: curve.means.at(-1) ?? Number.NaN });
  }
  const range = accuracyRange(all);
  return {
    data,
    layout: baseLayout(theme, `What is left after pruning: ${plainText(label)}`, {
      margin: { l: 56, r: marginFor(ends.map((end) => end.label)), t: 44, b: 48 },
      xaxis: axis(theme, isShare ? `${plainText(words)} (%)` : plainText(words), isShare ? { range: [-1, 101] } : {}),
      yaxis: axis(theme, 'test accuracy (%)', { range: [...range] }),
      annotations: lineEnds(theme, ends, range),
      shapes,
    }),
    caption: `Accuracy on ${result.examples} test examples; dotted lines: unpruned. ${intervalCaption(seeds)}`,
  };
}

/**
 * Per cent, around the curves with some room; at least 30 points high, so that small ripples do not look large. Bands of
 * two seeds can be far wider than the curves and do not count.
 */
function accuracyRange(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 100];
  const low = Math.min(...values) - 4;
  const high = Math.max(...values) + 4;
  const missing = Math.max(0, 30 - (high - low)) / 2;
  return [Math.max(0, low - missing), Math.min(100, high + missing)];
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
