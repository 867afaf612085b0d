import { bySeries, meanCurve } from '../../figures/band.ts';
import { type DotPoint, dotLayout, dotOf, dotSeries } from '../../figures/dots.ts';
import { differenceRange } from '../../figures/evaluation-range.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import {
  axis,
  baseLayout,
  intervalCaption,
  type LineEnd,
  lineEnds,
  marginFor,
  verticalLine,
} from '../../figures/layout.ts';
import { seriesKey, studyStyles, themeColors } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { hoverFormat, isShareOfExamples } from '../../metrics/index.ts';
import { shareDifferenceInterval } from '../../statistics/binomial.ts';
import { mean } from '../../statistics/student.ts';
import { judgedRange, judgedWords } from '../scores/judged-metric.ts';
import { type MeasuredScore, ofMetric } from '../scores/point-score.ts';
import type { PrunedAdapter, PruningResult } from './pruning-schemas.ts';

/**
 * Draws the cost of each structured pattern against the unpruned adapter, in points for shares, else in the metric's
 * unit. Several seeds give their mean with its spread, and a dot each; one seed gives an interval over test examples,
 * for accuracy only. `customdata` of a point is [index in result.adapters, index in its patterns]; a mean lists those
 * of its seeds.
 */
export function pruningFigure(result: PruningResult, theme: FigureTheme): Figure {
  const { metric } = result;
  const words = judgedWords(metric);
  const isShareMetric = isShareOfExamples(metric);
  const series = bySeries(result.adapters);
  const styles = studyStyles(result.adapters, theme);
  const labels = result.adapters[0]?.patterns.map((pattern) => pattern.label) ?? [];
  const data: FigureObject[] = [];
  const drawn: number[] = [];
  const examples = Math.max(1, result.examples);
  series.forEach((group, slot) => {
    const style = styles.get(seriesKey(group));
    if (style === undefined) return;
    const rows = labels.map((_, row) =>
      group.entries.flatMap(({ entry, index }): DotPoint[] => {
        const pattern = entry.patterns[row];
        if (pattern === undefined) return [];
        const [pruned, whole] = [ofMetric(pattern, metric), ofMetric(entry.unpruned, metric)];
        const { low, high } = shareDifferenceInterval(pruned, whole, examples);
        return [
          {
            value: words.scale * (pruned - whole),
            ...(isShareMetric ? { interval: [100 * low, 100 * high] as const } : {}),
            customdata: [index, row],
            name: `${group.label}, seed ${entry.seed}`,
          },
        ];
      }),
    );
    drawn.push(...rows.flatMap((points) => [dotOf(points) ?? []].flat().flatMap(({ low, high }) => [low, high])));
    data.push(
      ...dotSeries(group.label, style, rows, slot, series.length, { unit: words.points, format: hoverFormat(metric) }),
    );
  });
  const seeds = Math.max(0, ...series.map(({ entries }) => entries.length));
  const levels = result.adapters.map(({ unpruned }) => words.scale * ofMetric(unpruned, metric));
  const { quiet } = themeColors(theme);
  return {
    data,
    layout: dotLayout(
      theme,
      `${words.title} with only some layers kept`,
      labels,
      axis(
        theme,
        axisTitle(`Δ ${words.name} vs unpruned`, words.points),
        words.scale === 100 ? { range: differenceRange(drawn, examples, levels) } : {},
      ),
      { shapes: [verticalLine(0, { color: quiet, width: 1.2, dash: 'dash' })] },
    ),
    caption: `Pruned minus unpruned, paired by adapter, on ${result.examples} test examples; dashed line: unpruned. ${
      seeds > 1 ? intervalCaption(seeds) : isShareMetric ? oneSeedOverExamples : oneSeed
    }`,
  };
}

const oneSeed = 'Single seed: no confidence interval.';
const oneSeedOverExamples =
  'Single seed: bars are 95 % intervals over the test examples (too wide rather than too narrow, since both scores share them).';

/**
 * The metric over the values of one grid; where a value leaves the adapter as it is, the unpruned level is the point there.
 * `customdata` of a point is a list with, for each seed, [index in result.adapters, index in the grid's points; −1 unpruned].
 */
export function gridFigure(result: PruningResult, at: number, theme: FigureTheme): Figure {
  const { metric } = result;
  const named = judgedWords(metric);
  const heightOf = (score: MeasuredScore) => named.scale * ofMetric(score, metric);
  const isShareMetric = isShareOfExamples(metric);
  const styles = studyStyles(result.adapters, theme);
  const data: FigureObject[] = [];
  const shapes: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const all: number[] = [];
  const levels: number[] = [];
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
    const values = group.entries.map(({ entry }) => pointsOf(entry).map(heightOf));
    const curve = meanCurve(
      group.label,
      style,
      x,
      values,
      points.map(({ index }) => group.entries.map((one) => [one.index, index])),
      hoverFormat(metric),
      isShareMetric ? result.examples : undefined,
    );
    data.push(...curve.traces);
    const level = mean(group.entries.map(({ entry }) => heightOf(entry.unpruned)));
    all.push(...values.flat(), level);
    levels.push(level);
    shapes.push(levelLine(level, { color: style.color, width: 1, dash: 'dot' }));
    ends.push({ label: group.label, style, x: x.at(-1) ?? 100, y: curve.means.at(-1) ?? Number.NaN });
  }
  const range = judgedRange(metric, all, result.examples, levels);
  return {
    data,
    layout: baseLayout(theme, `${named.title} after pruning: ${plainText(label)}`, {
      margin: { l: 56, r: marginFor(ends.map((end) => end.label)), t: 44, b: 48 },
      xaxis: axis(theme, isShare ? `${plainText(words)} (%)` : plainText(words), isShare ? { range: [-1, 101] } : {}),
      yaxis: axis(theme, axisTitle(`test ${named.name}`, named.unit), { range: [...range] }),
      annotations: lineEnds(theme, ends, range),
      shapes,
    }),
    caption: `${named.title} on ${result.examples} test examples; dotted lines: unpruned. ${
      seeds > 1
        ? intervalCaption(seeds)
        : isShareMetric
          ? 'Single seed: bands are 95 % intervals over the test examples.'
          : oneSeed
    }`,
  };
}

/** A line across the figure at the level of the unpruned adapters. */
function levelLine(level: number, line: FigureObject): FigureObject {
  return { type: 'line', xref: 'paper', x0: 0, x1: 1, yref: 'y', y0: level, y1: level, line };
}
