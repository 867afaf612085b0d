import type { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { parsePythonLiteral } from '../../../../src-shared/python-literal.ts';
import { pythonFloat } from '../../data/text/written-number.ts';
import type { TaskDocument } from '../task-document.ts';

/** Characters that Python's `\s`, `split` and `strip` take for white space, for use inside brackets. */
export const pythonSpace = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** Python's `str.strip()`. */
export function strip(text: string): string {
  return text.replace(new RegExp(`^[${pythonSpace}]+|[${pythonSpace}]+$`, 'g'), '');
}

/** Python's `str.rstrip()`. */
export function stripEnd(text: string): string {
  return text.replace(new RegExp(`[${pythonSpace}]+$`), '');
}

/** Python's `str.split()`: words between white space. */
export function splitWords(text: string): string[] {
  return text.split(new RegExp(`[${pythonSpace}]+`)).filter((word) => word !== '');
}

const digits = '[0-9](?:_?[0-9])*';
const float = new RegExp(
  `^[+-]?(?:inf(?:inity)?|nan|(?:${digits}\\.?(?:${digits})?|\\.${digits})(?:e[+-]?${digits})?)$`,
  'i',
);

/** Returns true if Python's `float` reads the text. */
export function isFloat(text: string): boolean {
  return float.test(strip(text));
}

/** Python's `str(float(text))` of a text that is a float. */
export function floatText(text: string): string {
  const plain = strip(text).toLowerCase().replaceAll('_', '');
  if (plain.endsWith('nan')) return 'nan';
  if (plain.includes('inf')) return plain.startsWith('-') ? '-inf' : 'inf';
  const value = Number(plain);
  return Number.isFinite(value) ? pythonFloat(value) : value < 0 ? '-inf' : 'inf';
}

/** Letters of two that a title writes with only the first as a capital. */
const titles: ReadonlyMap<string, string> = new Map([
  ['Ǆ', 'ǅ'],
  ['Ǉ', 'ǈ'],
  ['Ǌ', 'ǋ'],
  ['Ǳ', 'ǲ'],
]);

/** Python's `str.capitalize()`: one capital, and small letters. */
export function capitalize(text: string): string {
  const [first = '', ...rest] = [...text];
  const [upper = '', ...more] = [...first.toUpperCase()];
  return (titles.get(upper) ?? upper) + more.join('').toLowerCase() + rest.join('').toLowerCase();
}

/** A column of a row that must be a text. @throws StudioError invalid_file naming the column */
export function textOf(row: TaskDocument, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new StudioError('invalid_file', `A row's "${column}" is not a text.`, 'Use the columns of the hub dataset.');
}

/** A column of a row that must be a list of texts. @throws StudioError invalid_file naming the column */
export function textsOf(row: TaskDocument, column: string): string[] {
  const value = row[column];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new StudioError(
    'invalid_file',
    `A row's "${column}" is not a list of texts.`,
    'Use the columns of the hub dataset.',
  );
}

/** A column of a row that must be a whole number. @throws StudioError invalid_file naming the column */
export function integerOf(row: TaskDocument, column: string): number {
  const value = numberOf(row, column);
  if (Number.isInteger(value)) return value;
  throw new StudioError(
    'invalid_file',
    `A row's "${column}" is not a whole number.`,
    'Use the columns of the hub dataset.',
  );
}

/** A column of a row that must be a number. @throws StudioError invalid_file naming the column */
export function numberOf(row: TaskDocument, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  throw new StudioError('invalid_file', `A row's "${column}" is not a number.`, 'Use the columns of the hub dataset.');
}

/** A column whose text is a literal of Python's. @throws StudioError invalid_file naming the column and what it must be */
export function literalOf<Value>(row: TaskDocument, column: string, schema: z.ZodType<Value>, what: string): Value {
  const text = textOf(row, column);
  try {
    return schema.parse(parsePythonLiteral(text));
  } catch {
    throw new StudioError('invalid_file', `A row's "${column}" is not ${what}.`, 'Use the columns of the hub dataset.');
  }
}
