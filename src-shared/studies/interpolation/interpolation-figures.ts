import type { PlannedAdapter } from '../../domain/adapters/adapter-reference.ts';
import { bandTrace, bySeries, overExamples } from '../../figures/band.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, legendAbove } from '../../figures/layout.ts';
import { dashOf, faded, runStyles, seriesKey, themeColors } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { hoverFormat, isShareOfExamples } from '../../metrics/index.ts';
import { mean } from '../../statistics/student.ts';
import type { StudyWords } from '../define-study.ts';
import { judgedRange, judgedWords } from '../scores/judged-metric.ts';
import { metricAt, ofMetric } from '../scores/point-score.ts';
import { barriersOf } from './barrier.ts';
import { judgedEstimate, originalMethod, shareAdapters, spreadOverPairs, unitsOf } from './connectivity.ts';
import {
  curvesOf,
  type InterpolationConfig,
  type InterpolationCurve,
  type InterpolationResult,
} from './interpolation-schemas.ts';

/** Methods beyond these are drawn as means only, because overlapping bands are unreadable. The table lists all. */
const bandedMethods = 2;

/**
 * The metric along the line between two adapters: a color for each group, a dash for each merge method. Pairs that share
 * a label are one group: the line is their mean, the band its spread; of a single pair the band is over test examples.
 * Dotted lines join the ends, vertical ones are the largest gap to them, the barrier. `customdata` of a point is [index of the group's
 * first pair, index of the point].
 */
export function interpolationFigure(
  result: InterpolationResult,
  config: InterpolationConfig,
  words: StudyWords,
  theme: FigureTheme,
  metric: string = result.metric,
): Figure {
  const named = judgedWords(metric);
  const { scale } = named;
  const isShareMetric = isShareOfExamples(metric);
  const groups = bySeries(result.pairs);
  const colors = runStyles(
    groups.map((group) => ({ group: seriesKey(group), coto: group.coto, variant: '' })),
    theme,
  );
  const methods = [...new Set(result.pairs.flatMap(({ curves }) => curves.map(({ method }) => method)))];
  // A method and its substitute are drawn alike.
  const styles = [...new Set(methods.map(originalMethod))];
  const nameOf = (method: string | null) => words.mergeMethod(method ?? config.method ?? 'factor-average');
  const styleNames = styles.map((style) =>
    methods
      .filter((method) => originalMethod(method) === style)
      .map(nameOf)
      .join(' or '),
  );
  const bands: FigureObject[] = [];
  const chords: FigureObject[] = [];
  const lines: FigureObject[] = [];
  const all: number[] = [];
  const drawnMeans: number[] = [];
  const barriers: string[] = [];
  for (const group of groups) {
    const color = colors.get(seriesKey(group))?.color ?? themeColors(theme).quiet;
    for (const method of methods) {
      const place = styles.indexOf(originalMethod(method));
      const drawn = curvesOf(group.entries, method, config);
      const curves = drawn.map(({ curve }) => curve);
      const units = drawn.map((one) => one.units);
      const [first] = curves;
      if (first === undefined) continue;
      const name = `${group.label}, ${nameOf(method)}`;
      const x = first.points.map(({ lambda }) => lambda);
      const spreads = x.map((_, at) =>
        spreadOverPairs(
          curves.map(({ points }) => metricAt(points, at, metric) * scale),
          units,
        ),
      );
      const means = spreads.map((spread) => spread.mean);
      const edge = (sign: number) => spreads.map((spread) => spread.mean + sign * (spread.halfWidth ?? 0));
      const [low, high]: [number[], number[]] =
        curves.length === 1 && isShareMetric ? overExamples(means, result.examples) : [edge(-1), edge(1)];
      if (place < bandedMethods) {
        // Methods are scored on the same examples, so one such band stands for all.
        if (curves.length > 1 || (isShareMetric && place === 0))
          bands.push(bandTrace(`${plainText(name)}: spread`, x, { low, high }, color, 0.1));
        chords.push(...chordAndBarrier(plainText(name), x, means, named.better, color));
      }
      lines.push({
        type: 'scatter',
        mode: 'lines+markers',
        name: plainText(name),
        x,
        y: means,
        customdata: x.map((_, at) => [group.entries[0]?.index ?? 0, at]),
        line: { width: 2, color, dash: dashOf(place) },
        marker: { size: place === 0 ? 5 : 3, color },
        hovertemplate: `%{y:${hoverFormat(metric)}}`,
        showlegend: false,
      });
      all.push(...means, ...(place < bandedMethods ? [...low, ...high] : []));
      drawnMeans.push(...means);
      if (place < bandedMethods) barriers.push(`${name} ${heightText(curves, metric)}`);
    }
  }
  const range = judgedRange(metric, all, result.examples, drawnMeans);
  const ends = endNames(groups, config, words, theme);
  return {
    data: [...bands, ...chords, ...lines, ...legendEntries(groups, styleNames, colors, theme)],
    layout: baseLayout(theme, `${named.title} along the interpolation path`, {
      margin: { l: 56, r: 24, t: 44, b: 96 },
      showlegend: true,
      legend: { ...legendAbove(theme), y: -0.26, yanchor: 'top' },
      xaxis: axis(theme, ends.axis, { range: [-0.01, 1.01] }),
      yaxis: axis(theme, axisTitle(`test ${named.name}`, named.unit), { range }),
      annotations: ends.annotations,
    }),
    caption: [
      `${named.title} on ${result.examples} test examples; color: group, line: merge method.`,
      ...ends.caption,
      `Barrier (vertical bar: largest gap to the dotted line between the ends; the table has all, and those to the mean of the ends): ${barriers.join('; ')}.`,
      uncertaintyText(
        result,
        metric,
        groups.map(({ entries }) => entries.length),
        styleNames.slice(0, bandedMethods),
        config,
      ),
    ].join(' '),
  };
}

/** The straight line between the ends, and where the curve is worst against it a bar as high as the gap. */
function chordAndBarrier(
  name: string,
  x: readonly number[],
  y: readonly number[],
  better: 'higher' | 'lower',
  color: string,
): FigureObject[] {
  const line = (title: string, xs: number[], ys: number[], style: FigureObject): FigureObject => ({
    type: 'scatter',
    mode: 'lines',
    name: `${name}: ${title}`,
    x: xs,
    y: ys,
    line: style,
    hoverinfo: 'skip',
    showlegend: false,
  });
  const [from, to, first, last] = [x[0], x.at(-1), y[0], y.at(-1)];
  if (from === undefined || to === undefined || first === undefined || last === undefined || from === to) return [];
  const chord = line('line between the ends', [from, to], [first, last], {
    width: 1,
    color: faded(color, 0.7),
    dash: 'dot',
  });
  const barriers = barriersOf(
    x.map((lambda, at) => ({ lambda, value: y[at] ?? Number.NaN })),
    better,
  );
  if (!(barriers.line > 0)) return [chord];
  const share = (barriers.at - from) / (to - from);
  const above = (1 - share) * first + share * last;
  const below = y[x.indexOf(barriers.at)] ?? above;
  return [chord, line('barrier', [barriers.at, barriers.at], [above, below], { width: 2.5, color })];
}

/** More names than these make the caption longer than what it explains; the table has all pairs. */
const namedPairs = 4;
/** Letters of a name at an end of the axis. */
const longestEnd = 36;

/** Names the adapters at λ = 0 and λ = 1: at the ends of the axis for a single pair, else in the caption. */
function endNames(
  groups: ReturnType<typeof bySeries>,
  { pairs }: InterpolationConfig,
  words: StudyWords,
  theme: FigureTheme,
): { axis: string; caption: string[]; annotations: FigureObject[] } {
  const nameOf = (adapter: PlannedAdapter) => words.adapterName?.(adapter) ?? null;
  const named = groups.flatMap(({ entries }) =>
    entries.flatMap(({ index }) => {
      const pair = pairs[index];
      const [from, to] = [pair && nameOf(pair.from), pair && nameOf(pair.to)];
      return from && to ? [{ from, to }] : [];
    }),
  );
  const [only] = named;
  if (only && pairs.length === 1) {
    const cut = [only.from, only.to].some((name) => shortName(name) !== name);
    return {
      axis: 'λ',
      caption: cut ? [`λ from 0 to 1: ${only.from} to ${only.to}.`] : [],
      annotations: [endNote(0, `← ${shortName(only.from)}`, theme), endNote(1, `${shortName(only.to)} →`, theme)],
    };
  }
  const caption =
    named.length === pairs.length && named.length <= namedPairs
      ? [`λ from 0 to 1: ${named.map(({ from, to }) => `${from} to ${to}`).join('; ')}.`]
      : [];
  return { axis: 'λ (0: first adapter of a pair, 1: second)', caption, annotations: [] };
}

/** In the middle of names is what many of them have in common. */
function shortName(name: string): string {
  return name.length <= longestEnd ? name : `${name.slice(0, longestEnd / 2 - 2)} … ${name.slice(-longestEnd / 2 + 1)}`;
}

/** The name of an end under the axis, at its own side. */
function endNote(x: 0 | 1, text: string, theme: FigureTheme): FigureObject {
  return {
    x,
    y: 0,
    xref: 'x',
    yref: 'paper',
    yshift: -24,
    xanchor: x === 0 ? 'left' : 'right',
    yanchor: 'top',
    text: plainText(text),
    showarrow: false,
    font: { size: 12, color: themeColors(theme).text },
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
function heightText(curves: readonly InterpolationCurve[], metric: string): string {
  const unit = judgedWords(metric).points === 'points' ? ' points' : '';
  const heights = curves.map(({ barriers }) => ofMetric(barriers, metric).line);
  const [only] = heights;
  const value = mean(heights.map((height) => height.value));
  const shown = heights.length === 1 && only ? only : { value, low: null, high: null };
  const [height = '', ...interval] = judgedEstimate(metric, shown, 1).split(/(?= \[)/);
  return height + unit + interval.join('');
}

function uncertaintyText(
  result: InterpolationResult,
  metric: string,
  counts: readonly number[],
  methods: readonly string[],
  { pairs }: InterpolationConfig,
): string {
  const most = Math.max(0, ...counts);
  const isEstimated = result.pairs.some(({ curves }) =>
    curves.some(({ barriers }) => ofMetric(barriers, metric).line.low !== null),
  );
  if (most < 2 && !isShareOfExamples(metric) && !isEstimated) return 'Single pair: no interval.';
  if (most < 2) return 'Single pair: bands and intervals are 95 % intervals over the test examples; none over seeds.';
  if (most === 2) return `Bands (${methods.join(', ')}): range over 2 pairs (too few for a confidence interval).`;
  const by = shareAdapters(pairs.map(({ from, to }) => unitsOf([from, to])))
    ? 'a jackknife over adapters, since pairs share them'
    : "Student's t";
  return `Bands (${methods.join(', ')}) are the 95 % interval of the mean over ${most} pairs (${by}).`;
}
