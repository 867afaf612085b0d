/** Text of window, figures and reports: the bundled Inter, and what systems have for signs that it lacks. */
export const textTypeface = 'Inter, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

/** Paths, ids, YAML and logs: the bundled JetBrains Mono, in reports the reader's own. */
export const codeTypeface = '"JetBrains Mono", "SF Mono", "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace';
