import { cellOf, type RawRow } from './raw-row.ts';

/** Format of a column's numbers, if it differs from 1234.5. */
export type NumberFormat = 'comma' | 'thousands' | 'percent';

const commaNumber = /^[+-]?(?:\d{1,3}(?:[. \u00a0\u202f]\d{3})+|\d+)(?:,\d+)?$/;
const thousandsNumber = /^[+-]?\d{1,3}(?:[,\u00a0\u202f' ]\d{3})+(?:\.\d+)?$/;
const percentNumber = /^[+-]?\d+(?:[.,]\d+)?\s?%$/;

/**
 * The format in which all labels of a column are numbers: 4,5 and 1.234,5, 1,234.5, or 45 %. Null where they are plain numbers
 * or none, and for 1,234 beside no other number with a comma, which is taken for thousands.
 */
export function numberFormatOf(rows: readonly RawRow[], column: string): NumberFormat | null {
  const texts = rows
    .map(({ cells }) => cellOf(cells, column))
    .filter((cell) => cell !== null && cell !== undefined && cell !== '');
  const values = texts.map((text) => String(text).trim());
  if (values.length === 0 || values.every((value) => Number.isFinite(Number(value)))) return null;
  if (values.every((value) => percentNumber.test(value))) return 'percent';
  const isPlain = (value: string): boolean => Number.isFinite(Number(value));
  if (values.every((value) => isPlain(value) || thousandsNumber.test(value))) return 'thousands';
  return values.every((value) => commaNumber.test(value)) ? 'comma' : null;
}

/** A number as JavaScript writes it; what is no number of the format stays. 45 % is 45. */
export function plainNumber(text: string, format: NumberFormat): string {
  const written = text.trim();
  if (format === 'percent') return percentNumber.test(written) ? written.replace(/\s?%$/, '').replace(',', '.') : text;
  if (format === 'thousands')
    return thousandsNumber.test(written) ? written.replaceAll(/[,\u00a0\u202f' ]/g, '') : text;
  return commaNumber.test(written) ? written.replaceAll(/[. \u00a0\u202f]/g, '').replace(',', '.') : text;
}
