import type { RunInfo } from '../../../src-shared/domain/run.ts';
import type { Curve } from '../../../src-shared/domain/run-history.ts';
import { groupAxis } from '../../../src-shared/figures/activation.ts';
import { type Figure, type FigureTheme, seriesColors, themeColors } from '../../../src-shared/figures/index.ts';
import { axis, baseLayout, colorbar } from '../../../src-shared/figures/layout.ts';
import { sequential } from '../../../src-shared/figures/palette.ts';

/** More columns than this cannot be told apart on a screen. */
const maximumColumns = 400;

/**
 * A metric of each group over the steps, rows from the input up: `grad_norm` or `weight_norm`, by its logarithm, since a few
 * groups would take the whole scale. A step in which a group was off has no gradient and is grey; steps to come are empty.
 */
export function groupHeatmap(
  curves: ReadonlyMap<string, Curve>,
  facts: RunInfo,
  options: { metric: 'grad_norm' | 'weight_norm'; title: string },
  theme: FigureTheme,
): Figure {
  const measured = facts.groups.map((group) => curves.get(`${options.metric}/${group}`));
  const { width, columns } = commonColumns(measured);
  const places = new Map(columns.map((column, place) => [column, place]));
  const z = measured.map((curve) => {
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
  const x = columns.map((column) => column * width + (width - 1) / 2);
  const y = facts.groups.map((_, index) => index);
  const logarithms = z.map((line) => line.map((value) => (value === null || value <= 0 ? null : Math.log10(value))));
  const known = logarithms.flat().filter((value) => value !== null);
  const ticks = logarithmicTicks(Math.min(...known), Math.max(...known));
  const { none } = themeColors(theme);
  return {
    data: [
      {
        type: 'heatmap',
        name: 'off',
        x,
        y,
        z: logarithms.map((line) => line.map((value) => (value === null ? 1 : null))),
        colorscale: [
          [0, none],
          [1, none],
        ],
        showscale: false,
        hoverongaps: false,
        hovertemplate: 'step %{x}<br>row %{y}: off<extra></extra>',
      },
      {
        type: 'heatmap',
        name: options.title,
        x,
        y,
        z: logarithms,
        customdata: z,
        colorscale: sequential.map((color, index) => [index / (sequential.length - 1), color]),
        hoverongaps: false,
        hovertemplate: 'step %{x}<br>row %{y}: %{customdata:.3g}<extra></extra>',
        colorbar: colorbar(theme, 'norm', { tickvals: ticks.map(Math.log10), ticktext: ticks.map(String), len: 1 }),
      },
    ],
    layout: baseLayout(theme, options.title, {
      hovermode: 'closest',
      margin: { l: 72, r: 64, t: 44, b: 48 },
      xaxis: axis(theme, 'optimizer step', { range: [-0.5, Math.max(1, facts.totalSteps) - 0.5], showgrid: false }),
      yaxis: groupAxis(facts.groups, theme),
    }),
    caption: `L2 norm of each group, the one nearest the input at the bottom; grey where the group was off. Colors are on a logarithmic scale.${width > 1 ? ` Each column is the mean of up to ${width} steps.` : ''}`,
  };
}

/** Round numbers between two decimal logarithms, for a scale of about five marks: powers of ten, or 1, 2 and 5 of each. */
function logarithmicTicks(low: number, high: number): number[] {
  const digits = high - low > 2 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++)
    for (const digit of digits) {
      const place = power + Math.log10(digit);
      if (place >= low - 1e-9 && place <= high + 1e-9) ticks.push(Number(`${digit}e${power}`));
    }
  return ticks;
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
