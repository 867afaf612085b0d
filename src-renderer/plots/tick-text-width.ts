import { textTypeface } from '../../src-shared/typeface.ts';

let context: CanvasRenderingContext2D | null = null;

/** Pixels of the widest of these texts as an axis writes it, in plotly's few HTML tags and signs. The typeface has to be loaded. */
export function tickTextWidth(texts: readonly string[]): number {
  context ??= document.createElement('canvas').getContext('2d');
  if (context === null) return 0;
  context.font = `11px ${textTypeface}`;
  return texts.reduce((widest, text) => Math.max(widest, context?.measureText(shownText(text)).width ?? 0), 0);
}

/** Without tags; a line break starts another line, whose widest counts. */
function shownText(text: string): string {
  const lines = text.split(/<br ?\/?>/).map((line) =>
    line
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  );
  return lines.reduce((longest, line) => (line.length > longest.length ? line : longest), '');
}
