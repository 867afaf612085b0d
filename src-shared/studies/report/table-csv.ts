import type { StudyTable } from '../define-study.ts';

/** A table as CSV (RFC 4180): its header, then its cells; numbers with the hyphen that programs read as their minus. */
export function tableCsv({ columns, rows }: Pick<StudyTable, 'columns' | 'rows'>): string {
  const lines = [
    columns.map(({ label }) => label),
    ...rows.map(({ cells }) => cells.map((cell, at) => (columns[at]?.numeric ? cell.replaceAll('−', '-') : cell))),
  ];
  return lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('');
}

/** Quoted where it holds a comma, a quote or a line end; a text that a spreadsheet would compute has an apostrophe before it. */
export function csvField(text: string): string {
  const isFormula = /^[=+\-@\t\r]/.test(text) && !Number.isFinite(Number(text));
  const plain = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
