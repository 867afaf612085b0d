import { drawnSpread, mean } from '../statistics/student.ts';
import type { BarPoint } from './bars.ts';
import { type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, legendAbove, legendMargin } from './layout.ts';
import { faded, type SeriesStyle, themeColors } from './palette.ts';

export interface DotPoint extends BarPoint {
  /** Ends of its interval over test examples, drawn where it is the only point of its row. */
  readonly interval?: readonly [low: number, high: number];
}

/** A mean as it is drawn, with the ends of its interval: the mean twice where nothing is known. */
export interface DrawnDot {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The mean of a row's points with their spread (drawnSpread), a single one with its own interval; null of none. */
export function dotOf(points: readonly DotPoint[]): DrawnDot | null {
  const [only] = points;
  if (only === undefined) return null;
  if (points.length === 1) {
    const [low, high] = only.interval ?? [only.value, only.value];
    return { mean: only.value, low, high };
  }
  const values = points.map(({ value }) => value);
  const { halfWidth } = drawnSpread(values);
  const center = mean(values);
  return { mean: center, low: center - (halfWidth ?? 0), high: center + (halfWidth ?? 0) };
}

/**
 * One series of a dot plot whose rows are numbers 0, 1, 2 … from the top: the mean of each row with its interval, and every
 * repetition as a small faint dot. `slot` of `slots` gives the series' height in its row. A mean has the list of its
 * repetitions' `customdata`.
 */
export function dotSeries(
  label: string,
  style: SeriesStyle,
  rows: readonly (readonly DotPoint[])[],
  slot: number,
  slots: number,
  { unit, format }: DotValues,
): FigureObject[] {
  const place = (row: number) => row + (slot - (slots - 1) / 2) * Math.min(0.24, 0.7 / slots);
  const shown = rows.flatMap((points, row) => {
    const dot = dotOf(points);
    return dot === null ? [] : [{ ...dot, points, y: place(row) }];
  });
  const name = plainText(label);
  const each = shown.flatMap(({ points, y }) => (points.length < 2 ? [] : points.map((point) => ({ ...point, y }))));
  const means: FigureObject = {
    type: 'scatter',
    mode: 'markers',
    name,
    x: shown.map((dot) => dot.mean),
    y: shown.map(({ y }) => y),
    error_x: {
      type: 'data',
      symmetric: false,
      array: shown.map((dot) => dot.high - dot.mean),
      arrayminus: shown.map((dot) => dot.mean - dot.low),
      color: style.color,
      thickness: 1.6,
      width: 4,
    },
    marker: { size: 9, color: style.color, symbol: symbolOf(style) },
    customdata: shown.map(({ points }) =>
      points.length > 1 ? points.map((point) => point.customdata) : (points[0]?.customdata ?? null),
    ),
    text: shown.map(({ points }) =>
      points.length > 1 ? `mean of ${points.length}` : plainText(points[0]?.name ?? ''),
    ),
    hovertemplate: `${name} (%{text}): %{x:${format}} ${unit}<extra></extra>`,
  };
  if (each.length === 0) return [means];
  return [
    {
      type: 'scatter',
      mode: 'markers',
      name: `${name}: each seed`,
      x: each.map(({ value }) => value),
      y: each.map(({ y }) => y),
      text: each.map((point) => plainText(point.name)),
      customdata: each.map((point) => point.customdata),
      marker: { size: 6, color: faded(style.color, 0.45), symbol: symbolOf(style) },
      hovertemplate: `%{text}: %{x:${format}} ${unit}<extra></extra>`,
      showlegend: false,
    },
    means,
  ];
}

/** Format of the values of dots: their unit, and d3's format of tooltips. */
interface DotValues {
  readonly unit: string;
  readonly format: string;
}

/** Shapes that tell the variants of one color apart, as dashes do for lines. */
const symbols = new Map([
  ['solid', 'circle'],
  ['dash', 'square'],
  ['dot', 'diamond'],
  ['dashdot', 'triangle-up'],
]);

export function symbolOf({ dash }: SeriesStyle): string {
  return symbols.get(dash) ?? 'hexagon';
}

/** Layout of a dot plot: the rows' names on the left, the first at the top, the legend above. */
export function dotLayout(
  theme: FigureTheme,
  title: string,
  rows: readonly string[],
  xaxis: FigureObject,
  extra: FigureObject = {},
): FigureObject {
  const { grid } = themeColors(theme);
  return baseLayout(theme, title, {
    hovermode: 'closest',
    showlegend: true,
    legend: legendAbove(theme),
    margin: { l: 56, r: 24, t: legendMargin, b: 48 },
    xaxis,
    yaxis: axis(theme, '', {
      tickvals: rows.map((_, row) => row),
      ticktext: rows.map(plainText),
      range: [Math.max(1, rows.length) - 0.5, -0.5],
      showgrid: true,
      gridcolor: faded(grid, 0.6),
    }),
    ...extra,
  });
}
