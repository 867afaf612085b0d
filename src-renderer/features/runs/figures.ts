import type { MetricRow, RunFacts } from '../../../src-shared/domain/run.ts';
import { groupAxis } from '../../../src-shared/figures/activation.ts';
import { colors, type Figure, type FigureTheme, themeColors } from '../../../src-shared/figures/index.ts';
import { axis, baseLayout } from '../../../src-shared/figures/layout.ts';

/** More columns than this cannot be told apart on a screen. */
const maximumColumns = 400;

/**
 * A metric of each group over the steps, rows from the input up: `grad_norm` or `weight_norm`. A step in which a group was
 * off has no gradient and stays empty.
 */
export function groupHeatmap(
  rows: readonly MetricRow[],
  facts: RunFacts,
  options: { metric: 'grad_norm' | 'weight_norm'; title: string },
  theme: FigureTheme,
): Figure {
  const values = new Map<string, MetricRow[]>();
  for (const row of rows) {
    if (!row.name.startsWith(`${options.metric}/`)) continue;
    const group = row.name.slice(options.metric.length + 1);
    const known = values.get(group);
    if (known) known.push(row);
    else values.set(group, [row]);
  }
  const steps = [...new Set([...values.values()].flatMap((known) => known.map((row) => row.step)))].sort(
    (a, b) => a - b,
  );
  const every = Math.max(1, Math.ceil(steps.length / maximumColumns));
  const shown = steps.filter((_, index) => index % every === 0);
  const column = new Map(shown.map((step, index) => [step, index]));
  const z = facts.groups.map((group) => {
    const line: (number | null)[] = shown.map(() => null);
    for (const row of values.get(group) ?? []) {
      const at = column.get(row.step);
      if (at !== undefined && Number.isFinite(row.value)) line[at] = row.value;
    }
    return line;
  });
  const { quiet } = themeColors(theme);
  return {
    data: [
      {
        type: 'heatmap',
        name: options.title,
        x: shown,
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
    caption: `L2 norm of each group, the one nearest the input at the bottom; empty where the group was off.${every > 1 ? ` Every ${every}th value is drawn.` : ''}`,
  };
}

/** The time of each step over the share of groups that were on in it: what an inactive adapter saves. */
export function stepTimeOverShare(
  rows: readonly MetricRow[],
  totalSteps: number,
  coto: boolean,
  theme: FigureTheme,
): Figure {
  const of = (name: string) => rows.filter((row) => row.name === name).sort((a, b) => a.step - b.step);
  const times = of('step_milliseconds');
  const shares = of('active_share');
  const main = coto ? colors.coto : colors.without;
  const sorted = times.map((row) => row.value).sort((a, b) => a - b);
  // One step that waited for the disk would flatten all others: the axis ends at twice the 95th of a hundred.
  const top = sorted[Math.floor(sorted.length * 0.95)] ?? 1;
  return {
    data: [
      ...(shares.length === 0
        ? []
        : [
            {
              type: 'scatter',
              mode: 'lines',
              name: 'groups on',
              x: shares.map((row) => row.step),
              y: shares.map((row) => row.value * 100),
              yaxis: 'y2',
              line: { color: colors.base, width: 1, dash: 'dot' },
              hovertemplate: '%{y:.0f} %',
            },
          ]),
      {
        type: 'scatter',
        mode: 'lines',
        name: 'step time',
        x: times.map((row) => row.step),
        y: times.map((row) => row.value),
        line: { color: main, width: 1.5 },
        hovertemplate: '%{y:.4g} ms',
      },
    ],
    layout: baseLayout(theme, 'How long each step took', {
      margin: { l: 56, r: 56, t: 44, b: 48 },
      xaxis: axis(theme, 'optimizer step', { range: [0, Math.max(1, totalSteps)] }),
      yaxis: axis(theme, 'step time (ms)', { range: [0, top * 1.5] }),
      ...(shares.length === 0
        ? {}
        : {
            yaxis2: axis(theme, 'groups on (%)', {
              range: [0, 104],
              tickvals: [0, 25, 50, 75, 100],
              overlaying: 'y',
              side: 'right',
              showgrid: false,
            }),
          }),
    }),
    caption:
      shares.length === 0
        ? 'Wall-clock time of each step; every adapter was on.'
        : 'Solid: wall-clock time of the step (left). Dotted: share of adapter groups that were on (right).',
  };
}
