import { inSeriesOrder } from '../../figures/band.ts';
import { symbolOf } from '../../figures/dots.ts';
import { evaluationRange } from '../../figures/evaluation-range.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, intervalCaption, legendAbove, legendMargin } from '../../figures/layout.ts';
import { type SeriesStyle, seriesColors, seriesKey, studyStyles, themeColors } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { hoverFormat, metricName, metricUnit } from '../../metrics/index.ts';
import { studentQuantile } from '../../statistics/student.ts';
import type { StudyFigure, StudyWords } from '../define-study.ts';
import { chosenScaleNote, scaleFigures } from '../merging/merge-scales.ts';
import type { Interval } from '../scores/interval.ts';
import type { MultitaskConfig, MultitaskResult, MultitaskSummary } from './multitask-schemas.ts';
import { curveLabel, rowLabel } from './multitask-tables.ts';
import { taskTuningFigures } from './task-tuning.ts';

/** Reads an interval out of a row's summary. */
type Pick = (summary: MultitaskSummary) => Interval | null;

export function multitaskFigures(result: MultitaskResult, _config: MultitaskConfig, words: StudyWords): StudyFigure[] {
  const { tasks, metric } = result;
  const total = tasks.reduce((sum, { examples }) => sum + examples, 0);
  const mean = `Mean ${metricName(metric)} of the ${tasks.length} tasks`;
  return [
    { name: 'Normalized mean', draw: (theme) => normalizedFigure(result, theme, words) },
    {
      name: 'Mean of the tasks',
      draw: (theme) =>
        scoreFigure(result, { title: mean, examples: total, pick: ({ mean: own }) => own }, theme, words),
    },
    ...tasks.map(({ name, examples }, task) => ({
      name: `Task ${name}`,
      draw: (theme: FigureTheme) =>
        scoreFigure(
          result,
          {
            title: `${plainText(name)}: ${metricName(metric)} on ${examples} test examples`,
            examples,
            pick: (summary) => summary.tasks[task] ?? null,
          },
          theme,
          words,
        ),
    })),
    ...scaleFigures(result, (curve) => curveLabel(curve, words)),
    ...taskTuningFigures(result),
  ];
}

/** Places of the merges among the rows, in the order of the study. */
function mergesOf({ rows }: MultitaskResult): number[] {
  return rows.flatMap(({ kind }, row) => (kind === 'merge' ? [row] : []));
}

interface ScoreFigureInput {
  readonly title: string;
  /** Test examples behind a score. */
  readonly examples: number;
  readonly pick: Pick;
}

/**
 * Dots of every merge, the groups side by side, each with its interval; lines for the base, for the own adapters of each
 * group and for the best single adapter; crosses for placebos. `customdata` is [group, row].
 */
function scoreFigure(
  result: MultitaskResult,
  { title, examples, pick }: ScoreFigureInput,
  theme: FigureTheme,
  words: StudyWords,
): Figure {
  const { groups, rows, metric } = result;
  const { scale, unit } = metricUnit(metric);
  const styles = studyStyles(groups, theme);
  const { text } = themeColors(theme);
  const merges = mergesOf(result);
  const width = Math.min(0.3, 0.7 / groups.length);
  const xOf = (merge: number, slot: number) => merge + (slot - (groups.length - 1) / 2) * width;
  const data: FigureObject[] = [];
  const drawn: number[] = [];
  const levels: number[] = [];
  for (const [slot, { place, ...group }] of orderedGroups(result).entries()) {
    const style = styles.get(seriesKey(group));
    if (style === undefined) continue;
    const name = plainText(group.label);
    const shown = merges.flatMap((row, merge) => {
      const interval = intervalAt(group, row, pick);
      return interval === null ? [] : [{ row, merge, interval }];
    });
    drawn.push(...shown.flatMap(({ interval }) => drawnEnds(interval).map((end) => end * scale)));
    levels.push(...shown.map(({ interval }) => interval.mean * scale));
    data.push({
      type: 'scatter',
      mode: 'markers',
      name,
      x: shown.map(({ merge }) => xOf(merge, slot)),
      y: shown.map(({ interval }) => interval.mean * scale),
      marker: { size: 10, color: style.color, symbol: symbolOf(style) },
      error_y: {
        ...errors(
          shown.map(({ interval }) => interval),
          scale,
        ),
        color: style.color,
      },
      customdata: shown.map(({ row }) => [place, row]),
      hovertemplate: `${name}: %{y:${hoverFormat(metric)}} ${unit}<extra></extra>`,
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
        x: placebos.map(({ merge }) => xOf(merge, slot)),
        y: placebos.map(({ interval }) => interval.mean * scale),
        text: placebos.map(({ control }) => plainText(controlLabel(result, control, words))),
        marker: {
          symbol: placebos.map(({ control }) => controlSymbol(result, control)),
          size: 9,
          color: text,
          line: { color: text, width: 1.4 },
        },
        customdata: placebos.map(({ control }) => [place, control]),
        hovertemplate: `${name}, %{text}: %{y:${hoverFormat(metric)}} ${unit}<extra></extra>`,
        showlegend: slot === 0,
      });
    const references = referenceLines(result, place, pick, style, merges.length, scale, theme);
    data.push(...references.map(({ trace }) => trace));
    drawn.push(...references.map(({ level }) => level), ...placebos.map(({ interval }) => interval.mean * scale));
  }
  const isShare = scale === 100;
  return {
    data,
    layout: baseLayout(theme, title, {
      hovermode: 'closest',
      showlegend: true,
      legend: legendAbove(theme),
      margin: { l: 56, r: 24, t: legendMargin + 16, b: 72 },
      xaxis: axis(theme, '', {
        tickvals: merges.map((_, merge) => merge),
        ticktext: merges.flatMap((row) => (rows[row] ? [plainText(rowLabel(rows[row], words))] : [])),
        range: [-0.5, Math.max(1, merges.length) - 0.5],
        showgrid: false,
      }),
      yaxis: axis(
        theme,
        axisTitle(`test ${metricName(metric)}`, unit),
        isShare ? { range: evaluationRange(drawn, examples, levels) } : {},
      ),
    }),
    caption: `Every task under its own adapter's head. Lines: own adapters (solid), best single adapter (dashed), base without ΔW (dotted). ${placeboCaption(result)}${spreadCaption(result)}${chosenScaleNote(result)}`,
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
  const yOf = (line: number, slot: number) => line + ((groups.length - 1) / 2 - slot) * step;
  const data: FigureObject[] = [];
  for (const [slot, { place, ...group }] of orderedGroups(result).entries()) {
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
      y: own.map(({ line }) => yOf(line, slot)),
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
      y: controls.map(({ line }) => yOf(line, slot)),
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
    caption: `100 %: as good as the own adapter of every task. Every task under its own adapter's head. ${placeboCaption(result)}${spreadCaption(result)}${chosenScaleNote(result)}`,
  };
}

type Group = MultitaskResult['groups'][number];

/** The groups in the order of series, each with its place in the result. */
function orderedGroups({ groups }: MultitaskResult): (Group & { readonly place: number })[] {
  return inSeriesOrder(groups.map((group, place) => ({ ...group, place })));
}

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
    : 'Single set of adapters: no confidence interval.';
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
): { trace: FigureObject; level: number }[] {
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
    const level = interval.mean * scale;
    const trace: FigureObject = {
      type: 'scatter',
      mode: 'lines',
      name,
      x: [-0.5, count - 0.5],
      y: [level, level],
      line: { color, width: 1.6, dash },
      customdata: [
        [place, row],
        [place, row],
      ],
      hovertemplate: `${name}: %{y:.2f}<extra></extra>`,
      showlegend: false,
    };
    return [{ trace, level }];
  });
}

/** Ends of an interval as figures draw it: of two sets their range, since Student's interval of two is 12.7 times as wide. */
function drawnEnds({ mean, low, high, n }: Interval): [low: number, high: number] {
  const share = n === 2 ? 1 / studentQuantile(0.975, 1) : 1;
  return [mean - (mean - (low ?? mean)) * share, mean + ((high ?? mean) - mean) * share];
}

function errors(intervals: readonly Interval[], scale: number): FigureObject {
  const ends = intervals.map((interval) => ({ mean: interval.mean, ends: drawnEnds(interval) }));
  return {
    type: 'data',
    symmetric: false,
    array: ends.map(({ mean, ends: [, high] }) => (high - mean) * scale),
    arrayminus: ends.map(({ mean, ends: [low] }) => (mean - low) * scale),
    thickness: 1.2,
    width: 4,
  };
}
