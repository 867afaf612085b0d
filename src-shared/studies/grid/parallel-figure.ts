import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout } from '../../figures/layout.ts';
import { faded, seriesColors, themeColors } from '../../figures/palette.ts';
import { axisTitle } from '../../format/mid-sentence.ts';
import { metricLabel, metricName, metricUnit, valueText } from '../../metrics/index.ts';
import type { FieldWords } from '../config/field-words.ts';
import { type CellSettings, settingText } from './cell-settings.ts';
import type { GridOutcome, GridResult } from './grid-schemas.ts';

/** Marks on the axis of the metric. */
const metricMarks = 5;
/** Share of an axis by which lines through the same value lie apart. */
const apart = 0.012;

interface FieldAxis {
  readonly name: string;
  /** Every value of the field, as JSON, in the order in which the cells have them. */
  readonly values: readonly string[];
}

/** Returns true if a grid varies several fields, so that lines across them are informative. */
export function isParallel({ cells }: GridResult): boolean {
  return fieldsOf(cells).length > 1;
}

/** A line for each cell across its settings to its mean: which values good cells have in common. */
export function parallelFigure(
  { cells, examples }: GridResult,
  { label, metric, cells: outcomes }: GridOutcome,
  { several, noun, words }: { readonly several: boolean; readonly noun: string; readonly words: FieldWords },
  theme: FigureTheme,
): Figure {
  const fields = fieldsOf(cells);
  const colors = seriesColors(theme);
  const { text, grid } = themeColors(theme);
  const { unit } = metricUnit(metric);
  const known = outcomes.flatMap((outcome, at) => {
    const cell = cells[at];
    return outcome === null || cell === undefined ? [] : [{ ...cell, at, mean: outcome.own.mean }];
  });
  const [low, high] = extent(known.map(({ mean }) => mean));
  const height = (mean: number) => (high > low ? (mean - low) / (high - low) : 0.5);
  const place = (at: number) => (at - (cells.length - 1) / 2) * Math.min(apart, 0.2 / cells.length);
  const data: FigureObject[] = known.map(({ at, label: name, coto, settings, mean }) => {
    const color = coto ? colors.coto : colors.without;
    return {
      type: 'scatter',
      mode: 'lines+markers',
      name: plainText(name),
      x: [...fields.map((_, index) => index), fields.length],
      y: [...fields.map((field) => heightOf(field, settings) + place(at)), height(mean)],
      line: { color: faded(color, 0.75), width: 1.8 },
      marker: { color, size: 5 },
      customdata: Array.from({ length: fields.length + 1 }, () => at),
      hovertemplate: `${plainText(name)}: ${valueText(metric, mean)} ${unit}<extra></extra>`,
    };
  });
  const marks = Array.from({ length: metricMarks }, (_, index) => low + ((high - low) * index) / (metricMarks - 1));
  const texts: FigureObject[] = [
    ...fields.flatMap((field, index) =>
      field.values.map((value, at) =>
        mark(settingText(field.name, JSON.parse(value), words), index, heightAt(field, at), text),
      ),
    ),
    ...(high > low ? marks : [low]).map((value) => mark(valueText(metric, value), fields.length, height(value), text)),
  ];
  const of = several ? `${plainText(label)}: ${metricName(metric)}` : metricLabel(metric);
  return {
    data,
    layout: baseLayout(theme, `${of} by the settings of each ${noun}`, {
      hovermode: 'closest',
      margin: { l: 24, r: 96, t: 44, b: 48 },
      xaxis: axis(theme, '', {
        tickvals: [...fields.map((_, index) => index), fields.length],
        ticktext: [
          ...fields.map(({ name }) => plainText(name === 'coto' ? 'CoTo' : words.field(name))),
          axisTitle(`test ${metricName(metric)}`, unit),
        ],
        range: [-0.1, fields.length + 0.1],
        showgrid: true,
        gridcolor: grid,
      }),
      yaxis: axis(theme, '', { range: [-0.08, 1.08], visible: false }),
      annotations: texts,
    }),
    caption: `Each line is a ${noun}: through its settings to its mean over seeds, on ${examples} test examples. Blue: with CoTo, orange: without. Lines through the same value are drawn slightly apart.`,
  };
}

function fieldsOf(cells: GridResult['cells']): FieldAxis[] {
  const names = new Set(cells.flatMap(({ settings }) => Object.keys(settings)));
  return [...names]
    .map((name) => ({
      name,
      values: [...new Set(cells.flatMap(({ settings }) => (name in settings ? [JSON.stringify(settings[name])] : [])))],
    }))
    .filter(({ values }) => values.length > 1);
}

function heightOf(field: FieldAxis, settings: CellSettings): number {
  return heightAt(field, field.values.indexOf(JSON.stringify(settings[field.name] ?? null)));
}

function heightAt({ values }: FieldAxis, at: number): number {
  return at < 0 ? 0 : at / (values.length - 1);
}

function mark(words: string, x: number, y: number, color: string): FigureObject {
  return {
    x,
    y,
    xref: 'x',
    yref: 'y',
    text: plainText(words),
    showarrow: false,
    xanchor: 'left',
    yanchor: 'bottom',
    xshift: 5,
    font: { size: 11, color },
  };
}

function extent(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}
