import { textTypeface } from '../typeface.ts';
import { type FigureObject, type FigureTheme, plainText } from './figure.ts';
import { type SeriesStyle, themeColors } from './palette.ts';

/** Layout shared by all figures: transparent background, faint grid, exact hover, zoom preserved as new data arrive. */
export function baseLayout(theme: FigureTheme, title: string, overrides: FigureObject = {}): FigureObject {
  const { text, surface, grid } = themeColors(theme);
  return {
    title: {
      text: title,
      font: { size: 14, color: text, family: textTypeface },
      x: 0,
      xref: 'container',
      xanchor: 'left',
      y: 1,
      yref: 'container',
      yanchor: 'top',
      pad: { t: 12 },
    },
    font: { family: textTypeface, size: 12, color: text },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    margin: { l: 56, r: 24, t: 44, b: 48 },
    hoverlabel: {
      bgcolor: surface,
      bordercolor: grid,
      font: { family: textTypeface, size: 12, color: text },
      namelength: -1,
    },
    hovermode: 'x unified',
    uirevision: 'keep',
    showlegend: false,
    ...overrides,
  };
}

export function axis(theme: FigureTheme, title: string, overrides: FigureObject = {}): FigureObject {
  const { text, quiet, grid } = themeColors(theme);
  return {
    title: { text: title, font: { size: 12, color: text }, standoff: 8 },
    tickfont: { color: quiet, size: 11 },
    gridcolor: grid,
    linecolor: grid,
    zeroline: false,
    automargin: true,
    ...overrides,
  };
}

/** The scale of a heat map's colors beside the plot; an empty title leaves none. */
export function colorbar(theme: FigureTheme, title: string, overrides: FigureObject = {}): FigureObject {
  const { quiet } = themeColors(theme);
  return {
    ...(title === '' ? {} : { title: { text: title, font: { size: 11, color: quiet } } }),
    tickfont: { color: quiet, size: 11 },
    thickness: 10,
    len: 0.8,
    outlinewidth: 0,
    ...overrides,
  };
}

/** The top margin of a figure with title and legend, in pixels. */
export const legendMargin = 64;

/** A legend in one row between title and plot, for figures without line ends; needs `legendMargin` at the top. */
export function legendAbove(theme: FigureTheme): FigureObject {
  return {
    orientation: 'h',
    x: 0,
    xanchor: 'left',
    y: 1.01,
    yanchor: 'bottom',
    font: { size: 11, color: themeColors(theme).text },
  };
}

export interface LineEnd {
  readonly label: string;
  readonly style: SeriesStyle;
  readonly x: number;
  readonly y: number;
}

/**
 * Names at the lines' ends, as annotations: a dot in the line's color, then the name in the text's color (a colored
 * name would be too faint to read). Names that would overlap are moved apart; `range` is the y axis (in the axis' own
 * coordinates) and `height` the plot's height in pixels that this is judged by.
 */
export function lineEnds(
  theme: FigureTheme,
  ends: readonly LineEnd[],
  range: readonly [number, number],
  height = 300,
): FigureObject[] {
  const gap = (16 / height) * (range[1] - range[0]);
  const sorted = [...ends].filter((end) => Number.isFinite(end.y)).sort((first, second) => first.y - second.y);
  let previous = Number.NEGATIVE_INFINITY;
  const placed = sorted.map((end) => {
    previous = Math.max(end.y, previous + gap);
    return { end, y: previous };
  });
  const overshoot = Math.max(0, previous - range[1]);
  return placed.map(({ end, y }) => ({
    x: end.x,
    y: y - overshoot,
    xref: 'x',
    yref: 'y',
    text: `<span style="color:${end.style.color}">●</span> ${plainText(end.label)}`,
    showarrow: false,
    xanchor: 'left',
    yanchor: 'middle',
    xshift: 6,
    align: 'left',
    font: { size: 11, color: themeColors(theme).text },
  }));
}

/** Right margin that fits the longest of these names at 11 px. */
export function marginFor(labels: readonly string[]): number {
  const longest = labels.reduce((most, label) => Math.max(most, label.length), 0);
  return Math.min(220, 28 + Math.ceil(longest * 6.2));
}

/** Caption of bands and bars, with sentences of their own for n = 1 and n = 2. */
export function intervalCaption(n: number, unit = 'seeds'): string {
  if (n < 2) return `Single ${unit === 'seeds' ? 'seed' : 'value'}: no confidence interval.`;
  if (n === 2) return `Bands and bars: range over 2 ${unit} (too few for a confidence interval).`;
  return `Bands and bars: 95 % confidence interval (Student's t) of the mean over ${n} ${unit}.`;
}

/** A range that holds all values with a little room; of no values [0, 1]. */
export function paddedRange(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const padding = Math.max(0.06 * (high - low), 1e-3);
  return values.length === 0 ? [0, 1] : [low - padding, high + padding];
}

/** A vertical line across the whole plot. */
export function verticalLine(x: number, line: FigureObject): FigureObject {
  return { type: 'line', xref: 'x', x0: x, x1: x, yref: 'paper', y0: 0, y1: 1, line };
}
