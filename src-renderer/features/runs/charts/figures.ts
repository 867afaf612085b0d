import type { Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import type { RunInfo } from '../../../../src-shared/domain/runs/run-info.ts';
import { groupAxis } from '../../../../src-shared/figures/activation.ts';
import { type Figure, type FigureObject, type FigureTheme, themeColors } from '../../../../src-shared/figures/index.ts';
import { axis, baseLayout, colorbar } from '../../../../src-shared/figures/layout.ts';
import { sequentialScale } from '../../../../src-shared/figures/palette.ts';

/** More columns than this cannot be told apart on a screen. */
const maximumColumns = 400;

/**
 * A metric of each layer over the steps, rows from the input up: `grad_norm` or `weight_norm`, by its logarithm, since a few
 * layers would take the whole scale. A step in which a layer was off has no gradient and is grey; steps to come are empty.
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
  // Weights have a norm whether their layer is on or not.
  const hasOff = options.metric === 'grad_norm';
  return {
    data: [
      ...(hasOff ? [offTrace(x, y, logarithms, none)] : []),
      {
        type: 'heatmap',
        name: options.title,
        x,
        y,
        z: logarithms,
        customdata: z,
        colorscale: sequentialScale,
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
    caption: `${hasOff ? 'L2 norm of the gradient of each layer' : 'L2 norm of the adapter weights of each layer'}, the one nearest the input at the bottom${hasOff ? '; grey where the layer was off' : ''}. Colors are on a logarithmic scale.${width > 1 ? ` Each column is the mean of up to ${width} steps.` : ''}`,
  };
}

/** Draws the steps where a layer has no value although others do. */
function offTrace(
  x: number[],
  y: number[],
  logarithms: readonly (readonly (number | null)[])[],
  color: string,
): FigureObject {
  return {
    type: 'heatmap',
    name: 'off',
    x,
    y,
    z: logarithms.map((line) => line.map((value) => (value === null ? 1 : null))),
    colorscale: [
      [0, color],
      [1, color],
    ],
    showscale: false,
    hoverongaps: false,
    hovertemplate: 'step %{x}<br>row %{y}: off<extra></extra>',
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
