import type { StudyTable } from './define-study.ts';

/** A table as CSV (RFC 4180): its header, then its cells as they are shown. */
export function tableCsv({ columns, rows }: Pick<StudyTable, 'columns' | 'rows'>): string {
  const lines = [columns.map(({ label }) => label), ...rows.map(({ cells }) => cells)];
  return lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

/** Quoted where it holds a comma, a quote or a line end. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
