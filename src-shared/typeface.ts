/** Text of window, figures and reports: the bundled Inter, and what systems have for signs that it lacks. */
export const textTypeface = 'Inter, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

/** Paths, ids, YAML and logs: the bundled JetBrains Mono, in reports the reader's own. */
export const codeTypeface = '"JetBrains Mono", "SF Mono", "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace';

/** The WOFF2 files of Inter as base64, for what must carry its typeface with it. */
export interface InlineTypeface {
  readonly text: string;
  /** With tabular figures; those of the text's file would widen spaces and signs between words too. */
  readonly digits: string;
}

export function typefaceRules({ text, digits }: InlineTypeface): string {
  const face = (base64: string, range: string) =>
    `@font-face{font-family:Inter;font-weight:400 700;font-display:block;src:url(data:font/woff2;base64,${base64}) format("woff2");${range}}`;
  return `${face(text, '')} ${face(digits, 'unicode-range:U+30-39')}`;
}
