/** What may stand in a plotly figure: plain data, so that a figure can cross a wire or be written into a report. */
export type FigureValue = string | number | boolean | null | FigureValue[] | FigureObject;
export interface FigureObject {
  [key: string]: FigureValue;
}

/**
 * A plotly figure (trace types used: scatter, bar, heatmap) and the sentence that belongs below it, which says what was
 * measured and what uncertainty is drawn.
 */
export interface Figure {
  data: FigureObject[];
  layout: FigureObject;
  caption: string;
}

export interface FigureTheme {
  readonly dark: boolean;
}

/** Plotly reads a few HTML tags in texts: names that people typed are shown as they are. */
export function plainText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
