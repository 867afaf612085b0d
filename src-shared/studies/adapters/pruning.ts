import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import type { FigureTheme } from '../../figures/figure.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { plural } from '../../format/numbers.ts';
import { valueText } from '../../metrics/index.ts';
import { loss } from '../../metrics/loss.ts';
import { comparisonRow, type TableRow } from '../../results/comparison-row.ts';
import { forgettingHeading, riseText } from '../../results/forgetting.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { datasetOf, requireOneBase, seriesName, valuesOf } from '../config/composing.ts';
import { defineStudy, type PrunedChoice, type StudyTable } from '../define-study.ts';
import {
  describeMetric,
  judgedHeading,
  judgedMetric,
  judgedRow,
  judgedText,
  judgedWords,
  metricOfForm,
} from '../scores/judged-metric.ts';
import { type MeasuredScore, ofMetric } from '../scores/point-score.ts';
import { namedAdapters } from './named-adapters.ts';
import { gridFigure, pruningFigure } from './pruning-figures.ts';
import {
  magnitudeGrids,
  type PrunedAdapter,
  type PruningConfig,
  type PruningResult,
  pruningConfigSchema,
  pruningResultSchema,
} from './pruning-schemas.ts';

const declaration: Declaration = {
  id: 'pruning',
  label: 'Pruning',
  summary: 'How well adapters tolerate losing whole layers or the smallest entries of their factors.',
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
    judgedMetric,
  ],
};

/** Tolerance of adapters to pruning: patterns as bars, and a curve for each grid. */
export const pruningStudy = defineStudy({
  kind: 'pruning',
  declaration,
  takes: 'adapters',
  offeredBy: { page: 'prune', action: 'Run pruning study' },
  configSchema: pruningConfigSchema,
  resultSchema: pruningResultSchema,
  compose(input) {
    requireOneBase(input.adapters);
    const { sparsities, layers, metric } = valuesOf(declaration, input);
    return {
      kind: 'pruning' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
      metric: metricOfForm(metric),
      patterns: layers === true ? null : [],
      grids: magnitudeGrids(sharesFromTexts(sparsities)),
      adapters: namedAdapters(input.adapters),
    };
  },
  references: ({ adapters }) => adapters.map(({ adapter }) => adapter),
  describeConfig: ({ dataset, patterns, grids, metric }, words) => [
    { label: 'Data', value: nameOfRecord(dataset, words) },
    ...describeMetric(metric),
    {
      label: 'Methods',
      value: `${patterns === null ? 'the usual patterns' : plural(patterns.length, 'pattern')}, ${
        grids === null ? 'the usual grids' : plural(grids.flatMap(({ values }) => values).length, 'grid value')
      }`,
    },
  ],
  table: (result, config) => [everyScore(result, config)],
  figures(result, config) {
    const keep = (grid: number | null) => (customData: unknown) =>
      placesOf(customData).flatMap(([adapter, index]) => choiceOf(result, config, adapter, grid, index) ?? []);
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
  comparison: comparisonRows,
});

/**
 * Parses "0.25", "50 %" into distinct shares in ascending order. @throws StudioError invalid_input for an invalid share
 */
export function sharesFromTexts(texts: unknown): number[] {
  const shares = z
    .array(z.string())
    .parse(texts)
    .map((text) => {
      const plain = text.replaceAll(/\s/g, '');
      const share = plain.endsWith('%') ? Number(plain.slice(0, -1)) / 100 : Number(plain);
      if (plain === '' || !Number.isFinite(share) || share < 0 || share > 1)
        throw new StudioError('invalid_input', `"${text}" is not a share from 0 to 1.`, 'Write 0.25 or 25 %.');
      return share;
    });
  return [...new Set(shares)].sort((first, second) => first - second);
}

const placeSchema = z.tuple([z.number(), z.number()]);

/** A point's [adapter, pattern or point of the grid], or those of every seed behind a mean. */
function placesOf(customData: unknown): z.infer<typeof placeSchema>[] {
  return z.union([placeSchema.transform((place) => [place]), z.array(placeSchema)]).safeParse(customData).data ?? [];
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
  const { metric } = result;
  const isLoss = metric === loss.id;
  const heading = forgettingHeading(
    result.adapters.flatMap(({ unpruned, patterns, grids }) =>
      [unpruned, ...patterns, ...grids.flatMap(({ points }) => points)].map(({ forgetting }) => forgetting),
    ),
  );
  return {
    title: 'All results',
    columns: [
      { label: 'Adapter' },
      { label: 'Method' },
      { label: isLoss ? loss.label : judgedHeading(metric), numeric: true },
      { label: axisTitle(isLoss ? 'Risen' : 'Lost', judgedWords(metric).points), numeric: true },
      ...(isLoss ? [] : [{ label: loss.label, numeric: true }]),
      ...(heading === null ? [] : [{ label: heading, numeric: true }]),
    ],
    rows: result.adapters.flatMap((adapter, at) => {
      const lost = (score: MeasuredScore) =>
        (isLoss ? -1 : 1) * (ofMetric(adapter.unpruned, metric) - ofMetric(score, metric));
      const row = (label: string, score: MeasuredScore, keep: PrunedChoice | null) => ({
        cells: [
          seriesName(adapter),
          label,
          judgedText(metric, score),
          keep === null ? '' : valueText(metric, lost(score)),
          ...(isLoss ? [] : [valueText(loss.id, score.loss)]),
          ...(heading === null ? [] : [riseText(score.forgetting?.rise)]),
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

function comparisonRows({ adapters, metric }: PruningResult): TableRow[] {
  const scored = (adapter: PrunedAdapter) => [
    ...adapter.patterns.map(({ label, ...score }) => ({ id: `pattern/${label}`, label, score })),
    ...adapter.grids.flatMap(({ method, points }) =>
      points.map(({ label, ...score }) => ({ id: `grid/${method}/${label}`, label, score })),
    ),
  ];
  const rows = new Map(adapters.flatMap((adapter) => scored(adapter).map(({ id, label }) => [id, label] as const)));
  return [...rows].map(([id, label]) =>
    comparisonRow(...judgedRow(metric, id, label), (coto) =>
      adapters
        .filter((adapter) => adapter.coto === coto)
        .flatMap((adapter) => {
          const found = scored(adapter).find((one) => one.id === id);
          return found === undefined ? [] : [{ seed: adapter.seed, value: ofMetric(found.score, metric) }];
        }),
    ),
  );
}
