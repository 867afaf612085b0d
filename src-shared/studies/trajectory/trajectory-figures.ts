import { bandTrace } from '../../figures/band.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, type LineEnd, lineEnds, marginFor, paddedRange } from '../../figures/layout.ts';
import { seriesKey, studyStyles } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { hoverFormat, metricLabel, metricName, metricUnit } from '../../metrics/index.ts';
import { measureOf } from '../../results/forgetting.ts';
import type { StudyFigure } from '../define-study.ts';
import { tuningFigures } from '../grid/tuning-figures.ts';
import { judgedRange } from '../scores/judged-metric.ts';
import { cutOffNote, drawnEnds, intervalEnds, type MetricInterval } from '../scores/metric-interval.ts';
import {
  type Curve,
  curvesOf,
  type ForgettingCurve,
  forgettingCurves,
  type TrajectoryResult,
} from './trajectory-schemas.ts';

/** Lines against the share of the training: every subject under every metric, its forgetting, and the sweep before it. */
export function trajectoryFigures(result: TrajectoryResult): StudyFigure[] {
  const { tuning } = result;
  return [
    ...curvesOf(result).map((curve) => ({
      name: `${curve.label} over the training, ${metricName(curve.metric)}`,
      draw: (theme: FigureTheme) => scoreFigure(result, curve, theme),
    })),
    ...forgettingCurves(result).map((curve) => ({
      name: `${measureOf(curve).label} over the training: ${curve.label}`,
      draw: (theme: FigureTheme) => forgettingFigure(result, curve, theme),
    })),
    ...(tuning === null ? [] : tuningFigures(tuning)),
  ];
}

function scoreFigure(result: TrajectoryResult, { label, metric, cells }: Curve, theme: FigureTheme): Figure {
  const { scale, unit } = metricUnit(metric);
  const intervals = cells.map((points) => points.map((point) => point?.own ?? null));
  const known = intervals.flat().flatMap((interval) => interval ?? []);
  const endsOf = (interval: MetricInterval) => drawnEnds(interval, metric);
  return {
    ...lines(result, theme, {
      title: `${plainText(label)}: ${metricName(metric)} over the training`,
      axis: axisTitle(`test ${metricName(metric)}`, unit),
      format: `%{y:${hoverFormat(metric)}} ${unit}`,
      intervals,
      scale,
      endsOf,
      rangeOf: (drawn) =>
        judgedRange(
          metric,
          drawn,
          result.examples,
          known.map((interval) => interval.mean * scale),
        ),
    }),
    caption: `${metricLabel(metric)} on ${result.examples} test examples of the checkpoints of ${result.total_steps} steps of training; blue: with CoTo, orange: without. ${bandWords(known)}${cutOffNote(known, endsOf)}`,
  };
}

function forgettingFigure(result: TrajectoryResult, curve: ForgettingCurve, theme: FigureTheme): Figure {
  const { label, unit, help } = measureOf(curve);
  const known = curve.cells.flat().flatMap((interval) => interval ?? []);
  return {
    ...lines(result, theme, {
      title: `${label} over the training: ${plainText(curve.label)}`,
      axis: axisTitle(label, unit),
      format: `%{y:.4f} ${unit}`,
      intervals: curve.cells,
      scale: 1,
      endsOf: intervalEnds,
      rangeOf: (drawn) => paddedRange([0, ...drawn]),
    }),
    caption: `${help} ${bandWords(known)}`,
  };
}

interface Lines {
  readonly title: string;
  readonly axis: string;
  /** Plotly's template of a tooltip. */
  readonly format: string;
  /** By cell, then by checkpoint. */
  readonly intervals: readonly (readonly (MetricInterval | null)[])[];
  readonly scale: number;
  readonly endsOf: (interval: MetricInterval) => readonly [low: number, high: number];
  readonly rangeOf: (drawn: readonly number[]) => [number, number];
}

/** A line with a band for each cell. */
function lines(
  { cells, checkpoints, total_steps: total }: TrajectoryResult,
  theme: FigureTheme,
  { title, axis: quantity, format, intervals, scale, endsOf, rangeOf }: Lines,
): Pick<Figure, 'data' | 'layout'> {
  const styles = studyStyles(cells, theme);
  const data: FigureObject[] = [];
  const ends: LineEnd[] = [];
  const drawn: number[] = [];
  for (const [at, cell] of cells.entries()) {
    const style = styles.get(seriesKey(cell));
    const points = checkpoints.flatMap(({ step }, place) => {
      const interval = intervals[at]?.[place] ?? null;
      return interval === null ? [] : [{ x: (100 * step) / total, interval }];
    });
    if (style === undefined || points.length === 0) continue;
    const x = points.map((point) => point.x);
    const y = points.map(({ interval }) => interval.mean * scale);
    const low = points.map(({ interval }) => endsOf(interval)[0] * scale);
    const high = points.map(({ interval }) => endsOf(interval)[1] * scale);
    drawn.push(...y, ...low, ...high);
    data.push(bandTrace(`${plainText(cell.label)}: 95 % interval`, x, { low, high }, style.color), {
      type: 'scatter',
      mode: 'lines+markers',
      name: plainText(cell.label),
      x,
      y,
      line: { width: 2, color: style.color, dash: style.dash },
      marker: { size: 6, color: style.color },
      hovertemplate: `%{x:.0f} %: ${format}<extra>${plainText(cell.label)}</extra>`,
    });
    ends.push({ label: cell.label, style, x: x.at(-1) ?? 100, y: y.at(-1) ?? Number.NaN });
  }
  const range = rangeOf(drawn);
  return {
    data,
    layout: baseLayout(theme, title, {
      hovermode: 'closest',
      margin: { l: 64, r: marginFor(ends.map((end) => end.label)), t: 44, b: 48 },
      xaxis: axis(theme, 'share of the training (%)', { range: [-1, 101] }),
      yaxis: axis(theme, quantity, { range: [...range] }),
      annotations: lineEnds(theme, ends, range),
    }),
  };
}

/** Describes what the bands of a figure cover. */
function bandWords(intervals: readonly MetricInterval[]): string {
  const seeds = Math.max(0, ...intervals.map(({ n }) => n));
  const over = intervals.find(({ bootstrap }) => bootstrap !== null)?.bootstrap?.over;
  if (over === 'seeds and examples')
    return `Bands are 95 % intervals over ${seeds} seeds and the test examples (nested bootstrap).`;
  if (over === 'examples')
    return 'Bands are 95 % intervals over the test examples (bootstrap); one seed says nothing about other seeds.';
  if (seeds < 2) return 'Single seed: no confidence interval.';
  return `Bands are 95 % intervals (Student's t) over ${seeds} seeds.`;
}
