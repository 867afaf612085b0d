import { type Figure, type FigureObject, type FigureTheme, plainText } from '../figures/figure.ts';
import { axis, baseLayout, intervalCaption, legendAbove, legendMargin } from '../figures/layout.ts';
import { type SeriesStyle, seriesColors, seriesKey, studyStyles, themeColors } from '../figures/palette.ts';
import { studentQuantile } from '../statistics/student.ts';
import type { StudyFigure, StudyWords } from './define-study.ts';
import type { Interval } from './interval.ts';
import { axisTitle, metricUnit } from './metric-words.ts';
import type { MultitaskConfig, MultitaskResult, MultitaskSummary } from './multitask-schemas.ts';
import { rowLabel } from './multitask-tables.ts';
import { taskTuningFigures } from './task-tuning.ts';

/** Reads an interval out of a row's summary. */
type Pick = (summary: MultitaskSummary) => Interval | null;

export function multitaskFigures(result: MultitaskResult, _config: MultitaskConfig, words: StudyWords): StudyFigure[] {
  const { tasks, metric } = result;
  const mean = `Mean ${metric} of the ${tasks.length} tasks`;
  return [
    { name: 'Normalized mean', draw: (theme) => normalizedFigure(result, theme, words) },
    { name: 'Mean of the tasks', draw: (theme) => barsFigure(result, mean, ({ mean: own }) => own, theme, words) },
    ...tasks.map(({ name, examples }, task) => ({
      name: `Task ${name}`,
      draw: (theme: FigureTheme) =>
        barsFigure(
          result,
          `${plainText(name)}: ${metric} on ${examples} test examples`,
          (summary) => summary.tasks[task] ?? null,
          theme,
          words,
        ),
    })),
    ...taskTuningFigures(result),
  ];
}

/** Places of the merges among the rows, in the order of the study. */
function mergesOf({ rows }: MultitaskResult): number[] {
  return rows.flatMap(({ kind }, row) => (kind === 'merge' ? [row] : []));
}

/**
 * Bars of every merge, the groups side by side, each with its interval; lines for the base, for the own adapters of each
 * group and for the best single adapter; crosses for placebos. `customdata` is [group, row].
 */
function barsFigure(result: MultitaskResult, title: string, pick: Pick, theme: FigureTheme, words: StudyWords): Figure {
  const { groups, rows, metric } = result;
  const { scale, unit } = metricUnit(metric);
  const styles = studyStyles(groups, theme);
  const { text, surface } = themeColors(theme);
  const merges = mergesOf(result);
  const width = 0.8 / groups.length;
  const xOf = (merge: number, group: number) => merge + (group - (groups.length - 1) / 2) * width;
  const data: FigureObject[] = [];
  for (const [place, group] of groups.entries()) {
    const style = styles.get(seriesKey(group));
    if (style === undefined) continue;
    const name = plainText(group.label);
    const shown = merges.flatMap((row, merge) => {
      const interval = intervalAt(group, row, pick);
      return interval === null ? [] : [{ row, merge, interval }];
    });
    data.push({
      type: 'bar',
      name,
      x: shown.map(({ merge }) => xOf(merge, place)),
      y: shown.map(({ interval }) => interval.mean * scale),
      width: width * 0.92,
      marker: { color: style.color, ...patternOf(style, surface) },
      error_y: {
        ...errors(
          shown.map(({ interval }) => interval),
          scale,
        ),
        color: text,
      },
      customdata: shown.map(({ row }) => [place, row]),
      hovertemplate: `${name}: %{y:.2f} ${unit}<extra></extra>`,
    });
    const placebos = merges.flatMap((row, merge) =>
      controlsOf(result, row).flatMap((control) => {
        const interval = intervalAt(group, control, pick);
        return interval === null ? [] : [{ control, merge, interval }];
      }),
    );
    if (placebos.length > 0)
      data.push({
        type: 'scatter',
        mode: 'markers',
        name: 'placebos',
        x: placebos.map(({ merge }) => xOf(merge, place)),
        y: placebos.map(({ interval }) => interval.mean * scale),
        text: placebos.map(({ control }) => plainText(controlLabel(result, control, words))),
        marker: {
          symbol: placebos.map(({ control }) => controlSymbol(result, control)),
          size: 9,
          color: text,
          line: { color: text, width: 1.4 },
        },
        customdata: placebos.map(({ control }) => [place, control]),
        hovertemplate: `${name}, %{text}: %{y:.2f} ${unit}<extra></extra>`,
        showlegend: place === 0,
      });
    data.push(...referenceLines(result, place, pick, style, merges.length, scale, theme));
  }
  const isShare = scale === 100;
  return {
    data,
    layout: baseLayout(theme, title, {
      hovermode: 'closest',
      barmode: 'overlay',
      showlegend: true,
      legend: legendAbove(theme),
      margin: { l: 56, r: 24, t: legendMargin + 16, b: 72 },
      xaxis: axis(theme, '', {
        tickvals: merges.map((_, merge) => merge),
        ticktext: merges.flatMap((row) => (rows[row] ? [plainText(rowLabel(rows[row], words))] : [])),
        range: [-0.5, Math.max(1, merges.length) - 0.5],
        showgrid: false,
      }),
      yaxis: axis(theme, axisTitle(`test ${metric}`, unit), isShare ? { range: [0, 102] } : { rangemode: 'tozero' }),
    }),
    caption: `Every task under its own adapter's head. Lines: own adapters (solid), best single adapter (dashed), base without ΔW (dotted). ${placeboCaption(result)}${spreadCaption(result)}`,
  };
}

/** The normalized mean of every merge and its controls, one line a merge, the groups side by side. */
function normalizedFigure(result: MultitaskResult, theme: FigureTheme, words: StudyWords): Figure {
  const { groups, rows } = result;
  const styles = studyStyles(groups, theme);
  const { text, quiet } = themeColors(theme);
  const shownRows = [...mergesOf(result)].reverse();
  const single = rows.findIndex(({ kind }) => kind === 'single');
  const base = rows.findIndex(({ kind }) => kind === 'base');
  const lines = [base, single, ...shownRows];
  const step = 0.5 / groups.length;
  const yOf = (line: number, group: number) => line + ((groups.length - 1) / 2 - group) * step;
  const data: FigureObject[] = [];
  for (const [place, group] of groups.entries()) {
    const style = styles.get(seriesKey(group));
    if (style === undefined) continue;
    const name = plainText(group.label);
    const own = lines.flatMap((row, line) => {
      const interval = intervalAt(group, row, ({ normalized }) => normalized);
      return interval === null ? [] : [{ row, line, interval }];
    });
    data.push({
      type: 'scatter',
      mode: 'markers',
      name,
      x: own.map(({ interval }) => interval.mean * 100),
      y: own.map(({ line }) => yOf(line, place)),
      error_x: {
        ...errors(
          own.map(({ interval }) => interval),
          100,
        ),
        color: style.color,
      },
      marker: { size: 9, color: style.color, symbol: group.coto ? 'circle' : 'square' },
      customdata: own.map(({ row }) => [place, row]),
      hovertemplate: `${name}: %{x:.1f} %<extra></extra>`,
    });
    const controls = lines.flatMap((row, line) =>
      controlsOf(result, row).flatMap((control) => {
        const interval = intervalAt(group, control, ({ normalized }) => normalized);
        return interval === null ? [] : [{ control, line, interval }];
      }),
    );
    if (controls.length === 0) continue;
    data.push({
      type: 'scatter',
      mode: 'markers',
      name: `placebos, ${name}`,
      x: controls.map(({ interval }) => interval.mean * 100),
      y: controls.map(({ line }) => yOf(line, place)),
      text: controls.map(({ control }) => plainText(controlLabel(result, control, words))),
      marker: {
        size: 8,
        color: style.color,
        symbol: controls.map(({ control }) => controlSymbol(result, control)),
        line: { color: style.color, width: 1.4 },
      },
      customdata: controls.map(({ control }) => [place, control]),
      hovertemplate: `${name}, %{text}: %{x:.1f} %<extra></extra>`,
      showlegend: false,
    });
  }
  return {
    data,
    layout: baseLayout(theme, 'What a merge of all tasks keeps of the own adapters', {
      hovermode: 'closest',
      showlegend: true,
      legend: legendAbove(theme),
      margin: { l: 160, r: 24, t: legendMargin, b: 48 },
      xaxis: axis(theme, 'mean over tasks of score / score of the own adapter (%)', { rangemode: 'tozero' }),
      yaxis: axis(theme, '', {
        tickvals: lines.map((_, line) => line),
        ticktext: lines.flatMap((row) => (rows[row] ? [plainText(rowLabel(rows[row], words))] : [])),
        range: [-0.6, lines.length - 0.4],
        showgrid: false,
      }),
      shapes: [
        { type: 'line', x0: 100, x1: 100, y0: 0, y1: 1, yref: 'paper', line: { color: quiet, width: 1, dash: 'dot' } },
      ],
      annotations: [
        {
          x: 100,
          y: 0,
          yref: 'paper',
          text: 'own adapters',
          showarrow: false,
          xanchor: 'left',
          yanchor: 'bottom',
          font: { size: 11, color: text },
        },
      ],
    }),
    caption: `100 %: as good as the own adapter of every task. Every task under its own adapter's head. ${placeboCaption(result)}${spreadCaption(result)}`,
  };
}

type Group = MultitaskResult['groups'][number];

function intervalAt({ summaries }: Group, row: number, pick: Pick): Interval | null {
  const summary = summaries[row];
  return summary === undefined ? null : pick(summary);
}

/** Placebos and random adapters of a merge, by their places among the rows. */
function controlsOf({ rows }: MultitaskResult, merge: number): number[] {
  const index = rows[merge]?.index ?? null;
  if (index === null) return [];
  return rows.flatMap((row, place) =>
    row.index === index && (row.kind === 'placebo' || row.kind === 'random') ? [place] : [],
  );
}

function controlLabel({ rows }: MultitaskResult, row: number, words: StudyWords): string {
  const control = rows[row];
  if (control?.kind === 'random') return 'with random adapters';
  return control?.placebo ? words.mergeMethod(control.placebo) : '';
}

/** Shapes that tell the placebos apart: the first of the study a cross, the second a diamond, random adapters a star. */
function controlSymbol({ rows }: MultitaskResult, row: number): string {
  const control = rows[row];
  if (control?.kind === 'random') return 'star-open';
  const placebos = [...new Set(rows.flatMap(({ placebo }) => placebo ?? []))];
  return placebos.indexOf(control?.placebo ?? '') === 0 ? 'x-thin-open' : 'diamond-open';
}

function placeboCaption({ rows }: MultitaskResult): string {
  const parts = [
    ...(rows.some(({ kind }) => kind === 'placebo')
      ? ['× random directions of the same singular values, ◇ shuffled layers']
      : []),
    ...(rows.some(({ kind }) => kind === 'random') ? ['☆ the own adapter merged with random ones'] : []),
  ];
  return parts.length === 0 ? '' : `Placebos of each merge: ${parts.join(', ')}. `;
}

function spreadCaption({ over, groups }: MultitaskResult): string {
  const sets = Math.max(0, ...groups.map(({ seeds }) => seeds.length));
  if (over === 'sets') return intervalCaption(sets, 'sets of adapters');
  return over === 'examples'
    ? 'Intervals: 95 % over test examples (bootstrap); one set of adapters says nothing of others.'
    : 'One set of adapters: no uncertainty can be drawn.';
}

/** Levels of the base, of the own adapters and of the best single one, across all merges. */
function referenceLines(
  { rows, groups }: MultitaskResult,
  place: number,
  pick: Pick,
  style: SeriesStyle,
  count: number,
  scale: number,
  theme: FigureTheme,
): FigureObject[] {
  const group = groups[place];
  if (group === undefined) return [];
  const levels = [
    { kind: 'own', color: style.color, dash: 'solid' },
    { kind: 'single', color: style.color, dash: 'dash' },
    // Heads of different groups make different bases.
    { kind: 'base', color: seriesColors(theme).base, dash: 'dot' },
  ] as const;
  return levels.flatMap(({ kind, color, dash }) => {
    const row = rows.findIndex((one) => one.kind === kind);
    const interval = intervalAt(group, row, pick);
    if (interval === null) return [];
    const label = { own: 'own adapters', single: 'best single adapter', base: 'base' }[kind];
    const name = `${label}, ${plainText(group.label)}`;
    return [
      {
        type: 'scatter',
        mode: 'lines',
        name,
        x: [-0.5, count - 0.5],
        y: [interval.mean * scale, interval.mean * scale],
        line: { color, width: 1.6, dash },
        customdata: [
          [place, row],
          [place, row],
        ],
        hovertemplate: `${name}: %{y:.2f}<extra></extra>`,
        showlegend: false,
      },
    ];
  });
}

function errors(intervals: readonly Interval[], scale: number): FigureObject {
  // Of two sets their range, as figures draw it: Student's interval of two is 12.7 times as wide.
  const drawn = (n: number) => (n === 2 ? scale / studentQuantile(0.975, 1) : scale);
  return {
    type: 'data',
    symmetric: false,
    array: intervals.map(({ mean, high, n }) => ((high ?? mean) - mean) * drawn(n)),
    arrayminus: intervals.map(({ mean, low, n }) => (mean - (low ?? mean)) * drawn(n)),
    thickness: 1.2,
    width: 4,
  };
}

function patternOf({ pattern, color }: SeriesStyle, surface: string): FigureObject {
  return pattern === '' ? {} : { pattern: { shape: pattern, bgcolor: color, fgcolor: surface } };
}
