import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import { type Figure, type FigureTheme, seriesColors } from '../../../../src-shared/figures/index.ts';
import { axis, baseLayout } from '../../../../src-shared/figures/layout.ts';
import { faded } from '../../../../src-shared/figures/palette.ts';
import { quantileOf } from '../../../../src-shared/statistics/quantile.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';

/** Points of a median: enough that a step that waited for the disk has no part in it. */
const medianWindow = 15;
/** More points than this are one blot. */
const maximumPoints = 1500;
/** Number of bins for shares that differ from step to step. */
const bins = 20;

/** The time of each step and its rolling median. */
export function stepTimeFigure(times: Curve, totalSteps: number, coto: boolean, theme: FigureTheme): Figure {
  const color = seriesColors(theme)[coto ? 'coto' : 'without'];
  const x = Array.from(times.steps);
  const y = Array.from(times.mean);
  return {
    hover: 'step',
    data: [
      {
        type: 'scatter',
        mode: 'lines',
        name: 'each step',
        x,
        y,
        line: { color: faded(color, 0.28), width: 1 },
        hoverinfo: 'skip',
      },
      {
        type: 'scatter',
        mode: 'lines',
        name: 'rolling median',
        x,
        y: rollingMedian(y, medianWindow),
        line: { color, width: 2 },
        hovertemplate: '%{y:.4g} ms',
      },
    ],
    layout: baseLayout(theme, 'Step time', {
      margin: { l: 56, r: 24, t: 44, b: 48 },
      xaxis: axis(theme, 'optimizer step', { range: [0, Math.max(1, totalSteps)] }),
      // One step that waited for the disk would flatten all others.
      yaxis: axis(theme, 'step time (ms)', { range: [0, 1.6 * quantile(y, 0.9)] }),
    }),
    caption: `Bold: median of ${medianWindow} neighboring points; faint: each ${times.width > 1 ? `mean of ${times.width} steps` : 'step'}.`,
  };
}

/** Returns step times by the share of active layers; null if that share did not vary. */
export function stepTimeByShare(
  times: Curve,
  shares: Curve | undefined,
  coto: boolean,
  theme: FigureTheme,
): Figure | null {
  if (shares === undefined) return null;
  const shareAt = new Map(Array.from(shares.ends, (end, index) => [end, shares.mean[index] ?? 0]));
  const points = Array.from(times.ends).flatMap((end, index) => {
    const share = shareAt.get(end);
    return share === undefined ? [] : [{ share: 100 * share, time: times.mean[index] ?? 0 }];
  });
  const medians = mediansByShare(points);
  if (medians.length < 2) return null;
  const every = Math.ceil(points.length / maximumPoints);
  const drawn = points.filter((_, index) => index % every === 0);
  const color = seriesColors(theme)[coto ? 'coto' : 'without'];
  const typical = points.map(({ time }) => time);
  return {
    data: [
      {
        type: 'scatter',
        mode: 'markers',
        name: 'steps',
        x: drawn.map(({ share }) => share),
        y: drawn.map(({ time }) => time),
        marker: { color: faded(color, 0.25), size: 4 },
        hoverinfo: 'skip',
      },
      {
        type: 'scatter',
        mode: 'lines+markers',
        name: 'median',
        x: medians.map(({ share }) => share),
        y: medians.map(({ time }) => time),
        line: { color, width: 2 },
        marker: { color, size: 6 },
        hovertemplate: '%{x:.0f} % of the layers on: %{y:.4g} ms<extra></extra>',
      },
    ],
    layout: baseLayout(theme, 'Step time by active layers', {
      hovermode: 'closest',
      margin: { l: 56, r: 24, t: 44, b: 48 },
      xaxis: axis(theme, 'active layers (%)', { range: [0, 103] }),
      yaxis: axis(theme, 'step time (ms)', { range: [0, 1.6 * quantile(typical, 0.9)] }),
    }),
    caption: `What a step with fewer active layers saves. Line: median; dots: ${times.width > 1 ? `means of ${times.width} steps` : 'steps'}.`,
  };
}

/** The median of each value and its neighbors; at the ends, of those that there are. */
export function rollingMedian(values: readonly number[], width: number): number[] {
  const half = Math.floor(width / 2);
  return values.map((_, index) => quantile(values.slice(Math.max(0, index - half), index + half + 1), 0.5));
}

function mediansByShare(points: readonly { share: number; time: number }[]): { share: number; time: number }[] {
  const byBin = Map.groupBy(points, ({ share }) => Math.round((share / 100) * bins));
  return [...byBin]
    .sort(([one], [other]) => one - other)
    .map(([, group]) => ({
      share: mean(group.map(({ share }) => share)),
      time: quantile(
        group.map(({ time }) => time),
        0.5,
      ),
    }));
}

function quantile(values: readonly number[], share: number): number {
  return quantileOf(
    values.toSorted((one, other) => one - other),
    share,
  );
}
