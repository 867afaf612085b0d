import type { FigureTheme } from './figure.ts';

export interface SeriesColors {
  readonly coto: string;
  readonly without: string;
  readonly base: string;
  readonly ensemble: string;
  readonly merged: string;
  /** Colors of further groups of runs, in order. */
  readonly further: readonly string[];
}

/**
 * Okabe and Ito's hues, each with one meaning in the whole studio, as light or dark as a theme's surface needs: a line has a
 * contrast of 3 : 1 to it, and any two colors differ for color-blind eyes too.
 */
const lightSeries = {
  coto: '#0072B2',
  without: '#BE7F00',
  base: '#555555',
  ensemble: '#2F9E73',
  merged: '#B8437F',
  further: ['#2F9E73', '#B8437F', '#1E9CE2', '#7A2E00', '#6C6A1E'],
} as const satisfies SeriesColors;
const darkSeries = {
  coto: '#3F9FD8',
  without: '#F0A020',
  base: '#74767A',
  ensemble: '#1FCFA0',
  merged: '#B583A2',
  further: ['#1FCFA0', '#B583A2', '#B4E8F8', '#D23A10', '#EBE25D'],
} as const satisfies SeriesColors;

export function seriesColors({ dark }: FigureTheme): SeriesColors {
  return dark ? darkSeries : lightSeries;
}

/** Two greys for what is neither with nor without CoTo, such as the splits of a dataset. */
export function neutralColors({ dark }: FigureTheme): { readonly main: string; readonly second: string } {
  return dark ? { main: '#B4BAC4', second: '#70767F' } : { main: '#5F6773', second: '#8B919B' };
}

const dashes = ['solid', 'dash', 'dot', 'dashdot', 'longdash'] as const;
const patterns = ['', '/', 'x', '.', '+'] as const;

export interface SeriesStyle {
  readonly color: string;
  /** A line's dash: tells variants apart in black and white. */
  readonly dash: string;
  /** The same for bars. */
  readonly pattern: string;
}

/**
 * Styles of a study's series, keyed by `seriesKey`: blue with CoTo, orange without; a second, third … variant of either
 * takes the next dash and pattern.
 */
export function studyStyles(
  series: readonly { label: string; coto: boolean }[],
  theme: FigureTheme,
): ReadonlyMap<string, SeriesStyle> {
  const colors = seriesColors(theme);
  const styles = new Map<string, SeriesStyle>();
  const seen = { coto: 0, without: 0 };
  for (const entry of series) {
    const key = seriesKey(entry);
    if (styles.has(key)) continue;
    const kind = entry.coto ? 'coto' : 'without';
    styles.set(key, { color: colors[kind], ...line(seen[kind]++) });
  }
  return styles;
}

/**
 * Styles of overlaid runs, keyed by their group: the first group with CoTo is blue, the first without orange, further
 * groups take the rest of the palette in order; the dash tells adapter variants apart.
 */
export function runStyles(
  runs: readonly { group: string; coto: boolean; variant: string }[],
  theme: FigureTheme,
): ReadonlyMap<string, SeriesStyle> {
  const colors = seriesColors(theme);
  const styles = new Map<string, SeriesStyle>();
  const variants = [...new Set(runs.map((run) => run.variant))];
  const taken = new Set<string>();
  let further = 0;
  for (const run of runs) {
    if (styles.has(run.group)) continue;
    let color: string = run.coto ? colors.coto : colors.without;
    if (taken.has(color)) color = colors.further[further++ % colors.further.length] ?? colors.base;
    taken.add(color);
    styles.set(run.group, { color, ...line(variants.indexOf(run.variant)) });
  }
  return styles;
}

export function seriesKey(series: { label: string; coto: boolean }): string {
  return `${series.coto ? 'coto' : 'without'}/${seriesLabel(series.label)}`;
}

/** Common name of all seeds of a series: "LoRA · seed 1" and "LoRA · seed 2" are both "LoRA". */
export function seriesLabel(label: string): string {
  return label.replace(/[\s·,;:\u2013\u2014-]*\bseed\s*=?\s*\d+\s*$/i, '') || label;
}

/** A line's dash by its place among the kinds of lines that a figure tells apart. */
export function dashOf(index: number): string {
  return dashes[index % dashes.length] ?? 'solid';
}

function line(index: number): { dash: string; pattern: string } {
  return { dash: dashOf(index), pattern: patterns[index % patterns.length] ?? '' };
}

/** Viridis (Matplotlib), from low to high: even steps to the eye, also in gray and with color blindness. */
const sequential = ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'] as const;

/** The same as plotly takes it. */
export const sequentialScale = sequential.map((color, at): [number, string] => [at / (sequential.length - 1), color]);

/** The color of a share from 0 to 1 of the sequential scale, interpolated in RGB as plotly does. */
export function sequentialColor(share: number): string {
  const place = Math.min(1, Math.max(0, share)) * (sequential.length - 1);
  const from = Math.min(sequential.length - 2, Math.floor(place));
  const channel = (color: string, start: number) => Number.parseInt(color.slice(start, start + 2), 16);
  const mixed = [1, 3, 5].map((start) => {
    const [low, high] = [
      channel(sequential[from] ?? '#000000', start),
      channel(sequential[from + 1] ?? '#000000', start),
    ];
    return Math.round(low + (place - from) * (high - low));
  });
  return `rgb(${mixed.join(',')})`;
}

/** `#rrggbb` with an opacity, for bands and faint raw curves. */
export function faded(color: string, opacity: number): string {
  const channel = (start: number) => Number.parseInt(color.slice(start, start + 2), 16);
  return `rgba(${channel(1)},${channel(3)},${channel(5)},${opacity})`;
}

export interface ThemeColors {
  readonly text: string;
  readonly quiet: string;
  readonly grid: string;
  readonly surface: string;
  /** Two plain tones of an activation map. */
  readonly on: string;
  readonly off: string;
  /** Color of heat map cells without a value; no color of the sequential scale. */
  readonly none: string;
}

export function themeColors(theme: FigureTheme): ThemeColors {
  const on = seriesColors(theme).coto;
  return theme.dark
    ? { text: '#dfe1e5', quiet: '#a6abb5', grid: '#34373d', surface: '#1c1d20', on, off: '#2b2e33', none: '#5a5e65' }
    : { text: '#23262b', quiet: '#5a606b', grid: '#e3e5e9', surface: '#ffffff', on, off: '#e9ecf0', none: '#dfe1e5' };
}
