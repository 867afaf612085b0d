import { z } from 'zod';
import { StudioError } from '../contract/errors.ts';
import { adapterReferenceSchema } from '../domain/adapter-reference.ts';
import { type Declaration, parameterValuesSchema } from '../domain/parameter.ts';
import { bySeries, meanCurve } from '../figures/band.ts';
import type { Figure, FigureObject, FigureTheme } from '../figures/figure.ts';
import { axis, baseLayout, intervalCaption, type LineEnd, lineEnds, marginFor } from '../figures/layout.ts';
import { seriesKey, studyStyles } from '../figures/palette.ts';
import { comparisonRow } from '../results/comparison-row.ts';
import { datasetOf, groupsOf, percent, requireOneBase, valuesOf } from './composing.ts';
import { defineStudy, type StudyAdapter } from './define-study.ts';
import { pointScoreSchema } from './point-score.ts';

const declaration: Declaration = {
  id: 'interpolation',
  label: 'Interpolation',
  summary:
    'Linear mode connectivity: accuracy and loss along the line between two adapters of one task, and the height of the barrier.',
  paper: {
    title: 'Linear Mode Connectivity and the Lottery Ticket Hypothesis',
    url: 'https://arxiv.org/abs/1912.05671',
  },
  parameters: [
    {
      name: 'points',
      label: 'Points',
      type: 'integer',
      default: 21,
      minimum: 3,
      maximum: 201,
      help: 'Values of λ from 0 to 1, both ends among them; one evaluation each.',
    },
    {
      name: 'method',
      label: 'Merge method',
      type: 'text',
      default: 'factor-average',
      names: 'merge-method',
      help: 'What to interpolate: the factors A and B, as in the paper, ΔW, or the merge of another method.',
    },
  ],
};

const configSchema = z.strictObject({
  kind: z.literal('interpolation'),
  dataset: z.string(),
  eval_samples: z.number().int().min(0).default(0),
  points: z.number().int().min(3).max(201).default(21),
  method: z.string().default('factor-average').describe('a merge method that produces an adapter from two weights'),
  parameters: parameterValuesSchema.default({}).describe('parameters of the merge method'),
  pairs: z
    .array(
      z.strictObject({
        label: z.string(),
        coto: z.boolean(),
        from: adapterReferenceSchema,
        to: adapterReferenceSchema,
      }),
    )
    .min(1),
});

const resultSchema = z.object({
  kind: z.literal('interpolation'),
  examples: z.number().int(),
  pairs: z.array(
    z.object({
      label: z.string(),
      coto: z.boolean(),
      points: z.array(pointScoreSchema.extend({ lambda: z.number() })),
      /**
       * Largest fall of accuracy below the straight line between the ends, at least 0; and the rise of the loss above
       * it.
       */
      accuracyBarrier: z.number(),
      lossBarrier: z.number(),
    }),
  ),
});
export type InterpolationResult = z.infer<typeof resultSchema>;

/** The metric along the line between two adapters of one base (linear mode connectivity). */
export const interpolationStudy = defineStudy({
  kind: 'interpolation',
  formerKinds: ['lambda'],
  declaration,
  takes: 'adapters',
  offeredBy: { page: 'merge', action: 'Interpolate' },
  configSchema,
  resultSchema,
  compose(input) {
    requireOneBase(input.adapters);
    const { points, method } = valuesOf(declaration, input);
    return {
      kind: 'interpolation' as const,
      dataset: datasetOf(input),
      eval_samples: input.eval_samples,
      points: Number(points),
      method: String(method),
      parameters: input.methodParameters ?? {},
      pairs: pairsOf(input.adapters).map(({ label, coto, from, to }) => ({
        label,
        coto,
        from: { adapterId: from.id },
        to: { adapterId: to.id },
      })),
    };
  },
  references: ({ pairs }) => pairs.flatMap(({ from, to }) => [from, to]),
  describeConfig: ({ method, points, dataset }) => [
    { label: 'Data', value: dataset },
    { label: 'Interpolated by', value: `${method}, ${points} points` },
  ],
  table: ({ pairs }) => [
    {
      title: 'Barriers: how far the curve falls below the straight line between its ends',
      columns: [
        { label: 'Pair' },
        { label: 'λ = 0 (%)', numeric: true },
        { label: 'λ = ½ (%)', numeric: true },
        { label: 'λ = 1 (%)', numeric: true },
        { label: 'Accuracy barrier (points)', numeric: true },
        { label: 'Loss barrier (nats)', numeric: true },
      ],
      rows: pairs.map(({ label, points, accuracyBarrier, lossBarrier }) => ({
        cells: [
          label,
          ...[0, Math.round((points.length - 1) / 2), points.length - 1].map((at) =>
            percent(points[at]?.accuracy ?? Number.NaN),
          ),
          (100 * accuracyBarrier).toFixed(2),
          lossBarrier.toFixed(3),
        ],
      })),
    },
  ],
  figures: (result) => [
    { name: 'Accuracy between two adapters', draw: (theme) => interpolationFigure(result, theme) },
    { name: 'Loss between two adapters', draw: (theme) => interpolationFigure(result, theme, 'loss') },
  ],
  comparison({ pairs }) {
    const of = (value: (pair: (typeof pairs)[number]) => number) => (coto: boolean) =>
      pairs.filter((pair) => pair.coto === coto).map((pair) => ({ seed: null, value: value(pair) }));
    const accuracy = of((pair) => pair.accuracyBarrier);
    const loss = of((pair) => pair.lossBarrier);
    return [
      comparisonRow('barrier/accuracy', 'Interpolation barrier, accuracy', 'points', 'lower', accuracy),
      comparisonRow('barrier/loss', 'Interpolation barrier, loss', 'loss', 'lower', loss),
    ];
  },
});

/** Any two adapters, or several groups of exactly two seeds, which are overlaid. */
function pairsOf(
  adapters: readonly StudyAdapter[],
): { label: string; coto: boolean; from: StudyAdapter; to: StudyAdapter }[] {
  const [first, second] = adapters;
  if (adapters.length === 2 && first && second) {
    const same = first.group === second.group || first.label === second.label;
    const coto = first.coto && second.coto;
    return [{ label: same ? first.label : `${first.name} – ${second.name}`, coto, from: first, to: second }];
  }
  const groups = groupsOf(adapters);
  if (groups.length === 0 || groups.some((group) => group.adapters.length !== 2))
    throw new StudioError(
      'refused',
      'Interpolation needs exactly two adapters, or two with and two without CoTo.',
      'Choose two seeds of each kind of adapter.',
    );
  return groups.flatMap(({ label, coto, adapters: [from, to] }) => (from && to ? [{ label, coto, from, to }] : []));
}

/**
 * Metric along the line between two adapters, with the barrier of each series in the caption. Pairs that share a label
 * are one series. `customdata` of a point is [index of the series' first pair, index of the point].
 */
export function interpolationFigure(
  result: InterpolationResult,
  theme: FigureTheme,
  metric: 'accuracy' | 'loss' = 'accuracy',
): Figure {
  const styles = studyStyles(result.pairs);
  const percent = metric === 'accuracy';
  const data: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const barriers: string[] = [];
  const all: number[] = [];
  let repetitions = 0;
  for (const series of bySeries(result.pairs)) {
    const style = styles.get(seriesKey(series));
    const first = series.entries[0];
    if (style === undefined || first === undefined) continue;
    const x = first.entry.points.map((point) => point.lambda);
    const values = series.entries.map(({ entry }) =>
      entry.points.map((point) => (percent ? point.accuracy * 100 : point.loss)),
    );
    const curve = meanCurve(
      series.label,
      style,
      x,
      values,
      x.map((_, index) => [first.index, index]),
    );
    data.push(...curve.traces);
    all.push(...values.flat());
    repetitions = Math.max(repetitions, values.length);
    ends.push({ label: series.label, style, x: x.at(-1) ?? 1, y: curve.means.at(-1) ?? Number.NaN });
    const heights = series.entries.map(({ entry }) => (percent ? entry.accuracyBarrier * 100 : entry.lossBarrier));
    const height = heights.reduce((sum, value) => sum + value, 0) / heights.length;
    barriers.push(`${series.label} ${percent ? `${height.toFixed(1)} points` : height.toFixed(3)}`);
  }
  const range = paddedRange(all);
  const uncertainty =
    repetitions > 1
      ? ` ${intervalCaption(repetitions, 'pairs of seeds')}`
      : ' One pair of seeds: no uncertainty can be drawn.';
  return {
    data,
    layout: baseLayout(theme, `${percent ? 'Accuracy' : 'Loss'} between two adapters of one task`, {
      margin: { l: 56, r: marginFor(ends.map((end) => end.label)), t: 44, b: 48 },
      xaxis: axis(theme, 'λ (0: first seed, 1: second seed)', { range: [-0.01, 1.01] }),
      yaxis: axis(theme, percent ? 'test accuracy (%)' : 'test loss (nats)', { range: [...range] }),
      annotations: lineEnds(theme, ends, range),
    }),
    caption: `${percent ? 'Accuracy' : 'Loss'} on ${result.examples} test examples. Barrier (largest gap to the straight line between the ends): ${barriers.join(', ')}.${uncertainty}`,
  };
}

function paddedRange(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const padding = Math.max(0.06 * (high - low), 1e-3);
  return values.length === 0 ? [0, 1] : [low - padding, high + padding];
}
