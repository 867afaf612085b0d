import { bandTrace, bySeries } from '../figures/band.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../figures/figure.ts';
import { axis, baseLayout, legendAbove, paddedRange } from '../figures/layout.ts';
import { dashOf, runStyles, seriesKey, themeColors } from '../figures/palette.ts';
import { mean } from '../statistics/student.ts';
import {
  type ConnectivityMetric,
  estimateText,
  shareAdapters,
  spreadOverPairs,
  stoodFor,
  unitsOf,
} from './connectivity.ts';
import type { StudyWords } from './define-study.ts';
import {
  curvesOf,
  type InterpolationConfig,
  type InterpolationCurve,
  type InterpolationResult,
} from './interpolation-schemas.ts';

/** Of further methods only the means are drawn: more bands over each other could not be told apart. The table has all. */
const bandedMethods = 2;

/**
 * The metric along the line between two adapters: a color for each group, a dash for each merge method. Pairs that share
 * a label are one group: the line is their mean, the band its spread. `customdata` of a point is [index of the group's
 * first pair, index of the point].
 */
export function interpolationFigure(
  result: InterpolationResult,
  config: InterpolationConfig,
  words: StudyWords,
  theme: FigureTheme,
  metric: ConnectivityMetric = 'accuracy',
): Figure {
  const percent = metric === 'accuracy';
  const scale = percent ? 100 : 1;
  const groups = bySeries(result.pairs);
  const colors = runStyles(
    groups.map((group) => ({ group: seriesKey(group), coto: group.coto, variant: '' })),
    theme,
  );
  const methods = [...new Set(result.pairs.flatMap(({ curves }) => curves.map(({ method }) => method)))];
  // A method and what stands in for it are drawn alike.
  const styles = [...new Set(methods.map(stoodFor))];
  const nameOf = (method: string | null) => words.mergeMethod(method ?? config.method ?? 'factor-average');
  const styleNames = styles.map((style) =>
    methods
      .filter((method) => stoodFor(method) === style)
      .map(nameOf)
      .join(' or '),
  );
  const bands: FigureObject[] = [];
  const lines: FigureObject[] = [];
  const all: number[] = [];
  const barriers: string[] = [];
  for (const group of groups) {
    const color = colors.get(seriesKey(group))?.color ?? themeColors(theme).quiet;
    for (const method of methods) {
      const place = styles.indexOf(stoodFor(method));
      const drawn = curvesOf(group.entries, method, config);
      const curves = drawn.map(({ curve }) => curve);
      const units = drawn.map((one) => one.units);
      const [first] = curves;
      if (first === undefined) continue;
      const name = `${group.label}, ${nameOf(method)}`;
      const x = first.points.map(({ lambda }) => lambda);
      const spreads = x.map((_, at) =>
        spreadOverPairs(
          curves.map(({ points }) => (points[at]?.[metric] ?? Number.NaN) * scale),
          units,
        ),
      );
      const edge = (sign: number) => spreads.map((spread) => spread.mean + sign * (spread.halfWidth ?? 0));
      const [low, high] = [edge(-1), edge(1)];
      if (curves.length > 1 && place < bandedMethods)
        bands.push(bandTrace(`${plainText(name)}: spread`, x, { low, high }, color, 0.1));
      lines.push({
        type: 'scatter',
        mode: 'lines+markers',
        name: plainText(name),
        x,
        y: spreads.map((spread) => spread.mean),
        customdata: x.map((_, at) => [group.entries[0]?.index ?? 0, at]),
        line: { width: 2, color, dash: dashOf(place) },
        marker: { size: place === 0 ? 5 : 3, color },
        hovertemplate: percent ? '%{y:.1f}' : '%{y:.3f}',
        showlegend: false,
      });
      all.push(...(place < bandedMethods ? [...low, ...high] : spreads.map((spread) => spread.mean)));
      if (place < bandedMethods) barriers.push(`${name} ${heightText(curves, metric)}`);
    }
  }
  return {
    data: [...bands, ...lines, ...legendEntries(groups, styleNames, colors, theme)],
    layout: baseLayout(theme, `${percent ? 'Accuracy' : 'Loss'} between two adapters of one task`, {
      margin: { l: 56, r: 24, t: 44, b: 96 },
      showlegend: true,
      legend: { ...legendAbove(theme), y: -0.26, yanchor: 'top' },
      xaxis: axis(theme, 'λ (0: first adapter, 1: second adapter)', { range: [-0.01, 1.01] }),
      yaxis: axis(theme, percent ? 'test accuracy (%)' : 'test loss (nats)', { range: [...paddedRange(all)] }),
    }),
    caption: [
      `${percent ? 'Accuracy' : 'Loss'} on ${result.examples} test examples; color: group, line: merge method.`,
      `Barrier (largest gap to the straight line between the ends; the table has all, and those to the mean of the ends): ${barriers.join('; ')}.`,
      uncertaintyText(
        groups.map(({ entries }) => entries.length),
        styleNames.slice(0, bandedMethods),
        config,
      ),
    ].join(' '),
  };
}

/** Traces without points: what color and dash mean. */
function legendEntries(
  groups: readonly { label: string; coto: boolean }[],
  methods: readonly string[],
  colors: ReturnType<typeof runStyles>,
  theme: FigureTheme,
): FigureObject[] {
  const entry = (name: string, more: FigureObject): FigureObject => ({
    type: 'scatter',
    x: [null],
    y: [null],
    name: plainText(name),
    hoverinfo: 'skip',
    showlegend: true,
    ...more,
  });
  const { quiet } = themeColors(theme);
  return [
    ...groups.map((group) => {
      const color = colors.get(seriesKey(group))?.color ?? quiet;
      return entry(group.label, { mode: 'markers', marker: { size: 10, symbol: 'square', color } });
    }),
    ...methods.map((name, place) =>
      entry(name, { mode: 'lines', line: { width: 2, color: quiet, dash: dashOf(place) } }),
    ),
  ];
}

/** "11.0 points [8.1, 14.2]" of one pair, the mean of several. */
function heightText(curves: readonly InterpolationCurve[], metric: ConnectivityMetric): string {
  const [scale, digits, unit] = metric === 'accuracy' ? ([100, 1, ' points'] as const) : ([1, 3, ''] as const);
  const heights = curves.map(({ barriers }) => barriers[metric].line);
  const [only] = heights;
  const value = mean(heights.map((height) => height.value));
  const shown = heights.length === 1 && only ? only : { value, low: null, high: null };
  const [height = '', ...interval] = estimateText(shown, scale, digits).split(/(?= \[)/);
  return height + unit + interval.join('');
}

function uncertaintyText(
  counts: readonly number[],
  methods: readonly string[],
  { pairs }: InterpolationConfig,
): string {
  const most = Math.max(0, ...counts);
  if (most < 2) return 'One pair: intervals are over test examples, and no uncertainty over seeds can be drawn.';
  if (most === 2) return `Bands (${methods.join(', ')}) span the two pairs: two are too few for an interval.`;
  const by = shareAdapters(pairs.map(({ from, to }) => unitsOf([from, to])))
    ? 'a jackknife over adapters, since pairs share them'
    : "Student's t";
  return `Bands (${methods.join(', ')}) are the 95 % interval of the mean over ${most} pairs (${by}).`;
}
