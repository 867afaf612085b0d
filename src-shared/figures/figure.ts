/** Values allowed in a plotly figure: plain data, so that a figure can cross a wire or be written into a report. */
export type FigureValue = string | number | boolean | null | FigureValue[] | FigureObject;
export interface FigureObject {
  [key: string]: FigureValue;
}

/**
 * A plotly figure (trace types used: scatter, bar, heatmap) and its caption, which says what was measured and which
 * uncertainty is drawn.
 */
export interface Figure {
  data: FigureObject[];
  layout: FigureObject;
  caption: string;
  /** Quantity on the x axis of a curve figure; the window then lists all curves' values at the pointer. */
  hover?: FigureHover;
}

export type FigureHover = 'step' | 'time' | 'examples';

export interface FigureTheme {
  readonly dark: boolean;
}

/** Escapes the HTML tags that plotly interprets, so that names are shown as typed. */
export function plainText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
