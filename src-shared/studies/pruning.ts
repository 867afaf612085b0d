import { z } from 'zod';
import { StudioError } from '../contract/errors.ts';
import { adapterReferenceSchema } from '../domain/adapter-reference.ts';
import { type Declaration, type ParameterValues, parameterValuesSchema } from '../domain/parameter.ts';
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

const usualPatterns: { method: string; parameters: ParameterValues }[] = [
  { method: 'every-other-layer', parameters: {} },
  { method: 'layer-third', parameters: { third: 'low' } },
  { method: 'layer-third', parameters: { third: 'middle' } },
  { method: 'layer-third', parameters: { third: 'high' } },
];

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
      help: 'Also keep every other layer, and each third of the layers.',
    },
  ],
};

const configSchema = z.strictObject({
  kind: z.literal('pruning'),
  dataset: z.string(),
  eval_samples: z.number().int().min(0).default(0),
  patterns: z.array(z.strictObject({ method: z.string(), parameters: parameterValuesSchema })).default(usualPatterns),
  sparsities: z.array(z.number().min(0).max(1)).default([0.25, 0.5, 0.75, 0.9]),
  adapters: z
    .array(
      z.strictObject({ label: z.string(), coto: z.boolean(), seed: z.number().int(), adapter: adapterReferenceSchema }),
    )
    .min(1),
});
export type PruningConfig = z.output<typeof configSchema>;

const resultSchema = z.object({
  kind: z.literal('pruning'),
  examples: z.number().int(),
  adapters: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      seed: z.number().int(),
      unpruned: pointScoreSchema,
      patterns: z.array(
        pointScoreSchema.extend({ label: z.string(), method: z.string(), parameters: parameterValuesSchema }),
      ),
      sparsities: z.array(
        pointScoreSchema.extend({ sparsity: z.number(), kept: z.number().int(), total: z.number().int() }),
      ),
    }),
  ),
});
export type PruningResult = z.infer<typeof resultSchema>;
type PrunedAdapter = PruningResult['adapters'][number];

/** How well adapters stand losing parts: structured patterns and a magnitude-sparsity grid. */
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
      patterns: layers === true ? usualPatterns : [],
      sparsities: sharesFromTexts(sparsities),
      adapters: input.adapters.map((adapter) => ({
        label: nameAmong(adapter, input.adapters),
        coto: adapter.coto,
        seed: adapter.seed,
        adapter: { adapterId: adapter.id },
      })),
    };
  },
  references: ({ adapters }) => adapters.map(({ adapter }) => adapter),
  facts: ({ dataset, patterns, sparsities }) => [
    { label: 'Data', value: dataset },
    { label: 'Pruned by', value: `${patterns.length} patterns, ${sparsities.length} sparsities` },
  ],
  table: (result, config) => [everyScore(result, config)],
  figures(result, config) {
    const keep = (kind: 'patterns' | 'sparsities') => (customData: unknown) => {
      if (!Array.isArray(customData)) return null;
      const [adapter, index] = customData;
      return typeof adapter === 'number' && typeof index === 'number'
        ? choiceOf(result, config, adapter, kind, index)
        : null;
    };
    const patterns = {
      name: 'Structured pruning',
      draw: (theme: FigureTheme) => pruningFigure(result, theme),
      keep: keep('patterns'),
    };
    const sparsities = {
      name: 'Magnitude pruning',
      draw: (theme: FigureTheme) => sparsityFigure(result, theme),
      keep: keep('sparsities'),
    };
    return [
      ...(result.adapters.some((adapter) => adapter.patterns.length > 0) ? [patterns] : []),
      ...(result.adapters.some((adapter) => adapter.sparsities.length > 0) ? [sparsities] : []),
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

function choiceOf(
  result: PruningResult,
  config: PruningConfig,
  at: number,
  kind: 'patterns' | 'sparsities',
  index: number,
): PrunedChoice | null {
  const adapter = result.adapters[at];
  const source = config.adapters[at];
  if (!adapter || !source) return null;
  const of = source.adapter;
  if (kind === 'patterns') {
    const pattern = adapter.patterns[index];
    if (!pattern) return null;
    const { label, method, parameters } = pattern;
    return { name: `${seriesName(adapter)}: ${label}`, of, method, parameters };
  }
  const sparsity = adapter.sparsities[index]?.sparsity;
  if (sparsity === undefined) return null;
  const name = `${seriesName(adapter)}: ${percent(sparsity)} % zeroed`;
  return { name, of, method: 'magnitude', parameters: { sparsity } };
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
        ...adapter.patterns.map((score, index) =>
          row(score.label, score, choiceOf(result, config, at, 'patterns', index)),
        ),
        ...adapter.sparsities.map((score, index) =>
          row(
            `${percent(score.sparsity)} % of the factors zeroed`,
            score,
            choiceOf(result, config, at, 'sparsities', index),
          ),
        ),
      ];
    }),
  };
}

function comparisonRows(adapters: readonly PrunedAdapter[]): TableRow[] {
  const labels = [...new Set(adapters.flatMap((adapter) => adapter.patterns.map(({ label }) => label)))];
  const sparsities = [...new Set(adapters.flatMap((adapter) => adapter.sparsities.map(({ sparsity }) => sparsity)))];
  const of = (accuracy: (adapter: PrunedAdapter) => number | undefined) => (coto: boolean) =>
    adapters
      .filter((adapter) => adapter.coto === coto)
      .flatMap((adapter) => {
        const value = accuracy(adapter);
        return value === undefined ? [] : [{ seed: adapter.seed, value }];
      });
  return [
    ...labels.map((label) => {
      const values = of(({ patterns }) => patterns.find((one) => one.label === label)?.accuracy);
      return comparisonRow(`pattern/${label}`, label, 'percent', 'higher', values);
    }),
    ...sparsities.map((sparsity) => {
      const label = `${Number((sparsity * 100).toFixed(2))} % of the factors zeroed`;
      const values = of((adapter) => adapter.sparsities.find((one) => one.sparsity === sparsity)?.accuracy);
      return comparisonRow(`sparsity/${sparsity}`, label, 'percent', 'higher', values);
    }),
  ];
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
 * Accuracy over the share of factor entries set to zero, the unpruned level as the point at 0 %.
 * `customdata` of a point is [index of the series' first adapter in result.adapters, index in its sparsities; −1 unpruned].
 */
export function sparsityFigure(result: PruningResult, theme: FigureTheme): Figure {
  const styles = studyStyles(result.adapters);
  const data: FigureObject[] = [];
  const shapes: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const all: number[] = [];
  let seeds = 0;
  for (const group of bySeries(result.adapters)) {
    const style = styles.get(seriesKey(group));
    const first = group.entries[0];
    if (style === undefined || first === undefined) continue;
    seeds = Math.max(seeds, group.entries.length);
    const x = [0, ...first.entry.sparsities.map((point) => point.sparsity * 100)];
    const values = group.entries.map(({ entry }) =>
      [entry.unpruned, ...entry.sparsities].map((point) => point.accuracy * 100),
    );
    const curve = meanCurve(
      group.label,
      style,
      x,
      values,
      x.map((_, index) => [first.index, index - 1]),
    );
    data.push(...curve.traces);
    all.push(...values.flat());
    const level = curve.means[0] ?? Number.NaN;
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
    layout: baseLayout(theme, 'How much of the factors can be zeroed', {
      margin: { l: 56, r: marginFor(ends.map((end) => end.label)), t: 44, b: 48 },
      xaxis: axis(theme, 'factor entries set to zero (%)', { range: [-1, 101] }),
      yaxis: axis(theme, 'test accuracy (%)', { range: [...range] }),
      annotations: lineEnds(theme, ends, range),
      shapes,
    }),
    caption: `Accuracy on ${result.examples} test examples; smallest magnitudes go first; dotted lines: unpruned. ${intervalCaption(seeds)}`,
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
