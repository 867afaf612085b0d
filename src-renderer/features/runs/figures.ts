import type { RunInfo } from '../../../src-shared/domain/run.ts';
import type { Curve } from '../../../src-shared/domain/run-history.ts';
import { groupAxis } from '../../../src-shared/figures/activation.ts';
import { type Figure, type FigureTheme, seriesColors, themeColors } from '../../../src-shared/figures/index.ts';
import { axis, baseLayout } from '../../../src-shared/figures/layout.ts';

/** More columns than this cannot be told apart on a screen. */
const maximumColumns = 400;

/**
 * A metric of each group over the steps, rows from the input up: `grad_norm` or `weight_norm`. A step in which a group was
 * off has no gradient and stays empty.
 */
export function groupHeatmap(
  curves: ReadonlyMap<string, Curve>,
  facts: RunInfo,
  options: { metric: 'grad_norm' | 'weight_norm'; title: string },
  theme: FigureTheme,
): Figure {
  const known = facts.groups.map((group) => curves.get(`${options.metric}/${group}`));
  const { width, columns } = commonColumns(known);
  const places = new Map(columns.map((column, place) => [column, place]));
  const z = known.map((curve) => {
    const line: (number | null)[] = columns.map(() => null);
    const counts = columns.map(() => 0);
    curve?.ends.forEach((end, index) => {
      const at = places.get(Math.floor(end / width)) ?? 0;
      const count = curve.counts[index] ?? 0;
      const before = counts[at] ?? 0;
      counts[at] = before + count;
      line[at] = ((line[at] ?? 0) * before + (curve.mean[index] ?? 0) * count) / (before + count);
    });
    return line;
  });
  const { quiet } = themeColors(theme);
  return {
    data: [
      {
        type: 'heatmap',
        name: options.title,
        x: columns.map((column) => column * width + (width - 1) / 2),
        y: facts.groups.map((_, index) => index),
        z,
        colorscale: 'Viridis',
        hoverongaps: false,
        hovertemplate: 'step %{x}<br>row %{y}: %{z:.3g}<extra></extra>',
        colorbar: {
          thickness: 10,
          outlinewidth: 0,
          tickfont: { color: quiet, size: 11 },
          title: { text: 'norm', side: 'right' },
        },
      },
    ],
    layout: baseLayout(theme, options.title, {
      hovermode: 'closest',
      margin: { l: 72, r: 64, t: 44, b: 48 },
      xaxis: axis(theme, 'optimizer step', { range: [-0.5, Math.max(1, facts.totalSteps) - 0.5], showgrid: false }),
      yaxis: groupAxis(facts.groups, theme),
    }),
    caption: `L2 norm of each group, the one nearest the input at the bottom; empty where the group was off.${width > 1 ? ` Each column is the mean of up to ${width} steps.` : ''}`,
  };
}

/** Buckets wide enough that all groups together have at most `maximumColumns` of them, by number. */
function commonColumns(curves: readonly (Curve | undefined)[]): { width: number; columns: number[] } {
  for (let width = Math.max(1, ...curves.map((curve) => curve?.width ?? 1)); ; width *= 2) {
    const columns = new Set<number>();
    for (const curve of curves) for (const end of curve?.ends ?? []) columns.add(Math.floor(end / width));
    if (columns.size <= maximumColumns) return { width, columns: [...columns].sort((a, b) => a - b) };
  }
}

/** The time of each step over the share of groups that were on in it: what an inactive adapter saves. */
export function stepTimeOverShare(
  curves: ReadonlyMap<string, Curve>,
  totalSteps: number,
  coto: boolean,
  theme: FigureTheme,
): Figure {
  const times = curves.get('step_milliseconds');
  const shares = curves.get('active_share');
  const colors = seriesColors(theme);
  const main = coto ? colors.coto : colors.without;
  const sorted = Array.from(times?.mean ?? []).sort((a, b) => a - b);
  // One step that waited for the disk would flatten all others: the axis ends at twice the 95th of a hundred.
  const top = sorted[Math.floor(sorted.length * 0.95)] ?? 1;
  return {
    data: [
      ...(shares === undefined
        ? []
        : [
            {
              type: 'scatter',
              mode: 'lines',
              name: 'active layers',
              x: Array.from(shares.steps),
              y: Array.from(shares.mean, (share) => share * 100),
              yaxis: 'y2',
              line: { color: colors.base, width: 1, dash: 'dot' },
              hovertemplate: '%{y:.0f} %',
            },
          ]),
      {
        type: 'scatter',
        mode: 'lines',
        name: 'step time',
        x: Array.from(times?.steps ?? []),
        y: Array.from(times?.mean ?? []),
        line: { color: main, width: 1.5 },
        hovertemplate: '%{y:.4g} ms',
      },
    ],
    layout: baseLayout(theme, 'Step time', {
      margin: { l: 56, r: 56, t: 44, b: 48 },
      xaxis: axis(theme, 'optimizer step', { range: [0, Math.max(1, totalSteps)] }),
      yaxis: axis(theme, 'step time (ms)', { range: [0, top * 1.5] }),
      ...(shares === undefined
        ? {}
        : {
            yaxis2: axis(theme, 'active layers (%)', {
              range: [0, 104],
              tickvals: [0, 25, 50, 75, 100],
              overlaying: 'y',
              side: 'right',
              showgrid: false,
            }),
          }),
    }),
    caption: `${
      shares === undefined
        ? 'Step time; all adapters were active.'
        : 'Solid: step time. Dotted: active layers (right axis).'
    }${times && times.width > 1 ? ` Each point is the mean of ${times.width} steps.` : ''}`,
  };
}
