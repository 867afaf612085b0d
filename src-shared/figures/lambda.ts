import type { LambdaStudyResult } from '../domain/study.ts';
import { bySeries, meanCurve } from './band.ts';
import type { Figure, FigureObject, FigureTheme } from './figure.ts';
import { axis, baseLayout, intervalCaption, type LineEnd, lineEnds, marginFor } from './layout.ts';
import { seriesKey, studyStyles } from './palette.ts';

/**
 * Metric along the line between two adapters, with the barrier of each series in the caption. Pairs that share a label are
 * one series. `customdata` of a point is [index of the series' first pair, index of the point].
 */
export function lambdaFigure(
  result: LambdaStudyResult,
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
