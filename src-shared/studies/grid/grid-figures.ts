import { differenceRange, evaluationRange } from '../../figures/evaluation-range.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout } from '../../figures/layout.ts';
import { faded, seriesColors, themeColors } from '../../figures/palette.ts';
import { axisTitle, titled } from '../../format/mid-sentence.ts';
import { differenceUnit, hoverFormat, metricLabel, metricName, metricUnit } from '../../metrics/index.ts';
import { type FieldWords, fieldIds } from '../config/field-words.ts';
import type { StudyFigure } from '../define-study.ts';
import { cutOffNote, drawnDifferenceEnds, drawnEnds, type MetricInterval } from '../scores/metric-interval.ts';
import { labelled } from './grid-labels.ts';
import { commonReference, type GridOutcome, type GridResult, isReference, outcomesOf } from './grid-schemas.ts';
import { isParallel, parallelFigure } from './parallel-figure.ts';
import { tuningFigures } from './tuning-figures.ts';

/** @param noun what a cell is called */
export function gridFigures(given: GridResult, words: FieldWords | null, noun = 'cell'): StudyFigure[] {
  const result = labelled(given, words);
  const { tuning } = result;
  const all = outcomesOf(result);
  const several = all.length > 1;
  return [
    ...all.flatMap((outcome): StudyFigure[] => {
      const name = several ? `: ${outcome.label}, ${metricName(outcome.metric)}` : '';
      return [
        { name: `${titled(noun)}s${name}`, draw: (theme) => cellFigure(result, outcome, { several, noun }, theme) },
        ...(result.cells.length < 2
          ? []
          : [
              {
                name: `Differences to the reference${name}`,
                draw: (theme: FigureTheme) => differenceFigure(result, outcome, { several, noun }, theme),
              },
            ]),
        ...(isParallel(result)
          ? [
              {
                name: `Settings${name}`,
                draw: (theme: FigureTheme) =>
                  parallelFigure(result, outcome, { several, noun, words: words ?? fieldIds }, theme),
              },
            ]
          : []),
      ];
    }),
    ...(tuning === null ? [] : tuningFigures(tuning)),
  ];
}

interface CellWords {
  /** More than one outcome is drawn, so that each is named. */
  readonly several: boolean;
  readonly noun: string;
}

function cellFigure(
  result: GridResult,
  { label, metric, cells }: GridOutcome,
  { several, noun }: CellWords,
  theme: FigureTheme,
): Figure {
  const { scale, unit } = metricUnit(metric);
  const { text, surface } = themeColors(theme);
  const known = cells.flatMap((cell, at) => (cell === null ? [] : [{ ...cell, at }]));
  const points = known.flatMap(({ values, at }) =>
    // A single value is the mean itself.
    (values.length > 1 ? values : []).map(({ seeds, value }, index) => ({
      x: at + (index - (values.length - 1) / 2) * Math.min(0.12, 0.6 / values.length),
      y: value * scale,
      at,
      text: `${result.cells[at]?.label ?? ''}, ${seeds.length > 1 ? 'seeds' : 'seed'} ${seeds.join(' and ')}`,
    })),
  );
  const colors = known.map(({ at }) => colorOf(result, at, theme));
  const ends = (interval: MetricInterval) => drawnEnds(interval, metric);
  const data: FigureObject[] = [
    {
      type: 'scatter',
      mode: 'markers',
      name: 'each seed',
      x: points.map(({ x }) => x),
      y: points.map(({ y }) => y),
      text: points.map((point) => plainText(point.text)),
      marker: { size: 6, color: points.map(({ at }) => faded(colorOf(result, at, theme), 0.45)) },
      hovertemplate: `%{text}: %{y:${hoverFormat(metric)}} ${unit}<extra></extra>`,
    },
    {
      ...errorBars(
        known.map(({ own, at }) => ({ at, interval: own })),
        ends,
        scale,
        text,
      ),
      name: 'mean',
      marker: {
        size: 10,
        color: known.map(({ at }, place) => (isReference(result, at) ? surface : (colors[place] ?? text))),
        line: { width: 2, color: colors },
      },
      customdata: known.map(({ at }) => at),
      hovertemplate: `%{y:${hoverFormat(metric)}} ${unit} (mean)<extra></extra>`,
    },
  ];
  const means = known.map(({ own }) => own.mean * scale);
  const drawn = [
    ...known.flatMap(({ own }) => ends(own).map((end) => end * scale)),
    ...points.map(({ y }) => y),
    ...means,
  ];
  return {
    data,
    layout: cellLayout(
      result,
      theme,
      `${several ? `${plainText(label)}: ${metricName(metric)}` : metricLabel(metric)} of each ${noun}`,
      {
        yaxis: axis(
          theme,
          axisTitle(`test ${metricName(metric)}`, unit),
          scale === 100 ? { range: evaluationRange(drawn, result.examples, means) } : {},
        ),
      },
    ),
    caption: `${metricLabel(metric)} on ${result.examples} test examples; blue: with CoTo, orange: without; hollow: ${commonReference(result) === null ? 'the references' : 'the reference'}. ${intervalWords(
      known.map(({ own }) => own),
      ends,
    )}`,
  };
}

function differenceFigure(
  result: GridResult,
  { label, metric, cells }: GridOutcome,
  { several, noun }: CellWords,
  theme: FigureTheme,
): Figure {
  const { scale, unit } = metricUnit(metric);
  const { text, quiet } = themeColors(theme);
  const shown = cells.flatMap((cell, at) => (cell?.difference == null ? [] : [{ at, interval: cell.difference }]));
  const ends = (interval: MetricInterval) => drawnDifferenceEnds(interval, metric);
  const drawn = shown.flatMap(({ interval }) => ends(interval).map((end) => end * scale));
  const levels = cells.flatMap((cell) => (cell === null ? [] : [cell.own.mean * scale]));
  const data: FigureObject[] = [
    {
      ...errorBars(shown, ends, scale, text),
      name: 'difference',
      customdata: shown.map(({ at }) => at),
      marker: { size: 9, color: shown.map(({ at }) => colorOf(result, at, theme)) },
      hovertemplate: `%{y:${hoverFormat(metric)}} ${unit}<extra></extra>`,
    },
  ];
  const common = commonReference(result);
  const of = common === null ? 'its reference' : `"${plainText(result.cells[common]?.label ?? '')}"`;
  const comparisons =
    shown.length > 1
      ? ` ${shown.length} differences are compared with 0: at the 5 % level one in 20 is beyond it by chance.`
      : '';
  return {
    data,
    layout: cellLayout(
      result,
      theme,
      `${several ? `${plainText(label)}: difference` : 'Difference'} of each ${noun} to ${of}`,
      {
        yaxis: axis(theme, axisTitle(`difference in ${metricName(metric)}`, differenceUnit(metric)), {
          ...(scale === 100 ? { range: differenceRange(drawn, result.examples, levels) } : {}),
          zeroline: true,
          zerolinecolor: quiet,
        }),
      },
    ),
    caption: `Each ${noun} minus ${common === null ? 'its reference' : 'the reference'}, paired by seed, on ${result.examples} test examples. ${intervalWords(
      shown.map(({ interval }) => interval),
      ends,
    )}${comparisons}`,
  };
}

type DrawnEnds = (interval: MetricInterval) => [low: number, high: number];

/** Points at the means with the ends of their intervals; none where an interval is not known. */
function errorBars(
  shown: readonly { readonly at: number; readonly interval: MetricInterval }[],
  endsOf: DrawnEnds,
  scale: number,
  color: string,
): FigureObject {
  const ends = shown.map(({ interval }) => endsOf(interval));
  return {
    type: 'scatter',
    mode: 'markers',
    name: '95 % interval',
    x: shown.map(({ at }) => at),
    y: shown.map(({ interval }) => interval.mean * scale),
    error_y: {
      type: 'data',
      symmetric: false,
      array: shown.map(({ interval }, at) => ((ends[at]?.[1] ?? interval.mean) - interval.mean) * scale),
      arrayminus: shown.map(({ interval }, at) => (interval.mean - (ends[at]?.[0] ?? interval.mean)) * scale),
      color,
      thickness: 1.2,
      width: 4,
    },
  };
}

/** Describes what the bars of a figure cover. */
function intervalWords(intervals: readonly MetricInterval[], ends: DrawnEnds): string {
  return `${coverWords(intervals)}${cutOffNote(intervals, ends)}`;
}

function coverWords(intervals: readonly MetricInterval[]): string {
  const seeds = Math.max(0, ...intervals.map(({ n }) => n));
  const over = intervals.find(({ bootstrap }) => bootstrap !== null)?.bootstrap?.over;
  if (over === 'seeds and examples')
    return `Bars are 95 % intervals over ${seeds} seeds and the test examples (nested bootstrap).`;
  if (over === 'examples')
    return 'Bars are 95 % intervals over the test examples (bootstrap); one seed says nothing about other seeds.';
  if (seeds < 2) return 'Single seed: no confidence interval.';
  return `Bars are 95 % intervals (Student's t) over ${seeds} seeds; where all seeds agree exactly there is none.${seeds === 2 ? ' Two seeds make them very wide.' : ''}`;
}

function colorOf({ cells }: GridResult, at: number, theme: FigureTheme): string {
  const colors = seriesColors(theme);
  return cells[at]?.coto === true ? colors.coto : colors.without;
}

function cellLayout({ cells }: GridResult, theme: FigureTheme, title: string, more: FigureObject): FigureObject {
  // Slanted labels end at their marks: plotly omits labels that extend beyond the figure.
  const areSlanted = cells.length > 4;
  return baseLayout(theme, title, {
    hovermode: 'closest',
    ...(areSlanted ? { margin: { l: 112, r: 24, t: 44, b: 88 } } : {}),
    barmode: 'overlay',
    xaxis: axis(theme, '', {
      tickvals: cells.map((_, at) => at),
      ticktext: cells.map(({ label }) => plainText(label).replaceAll(/, | · /g, '<br>')),
      range: [-0.5, Math.max(1, cells.length) - 0.5],
      showgrid: false,
      ...(areSlanted ? { tickangle: -30 } : {}),
    }),
    ...more,
  });
}
