import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { countGarbled } from './garbled.ts';
import { isKnownColumn } from './known-columns.ts';
import { numberedName } from './raw-row.ts';

export const headerParameter: ParameterSpec = {
  name: 'header',
  label: 'First row',
  type: 'choice',
  default: 'auto',
  choices: [
    { value: 'auto', label: 'Auto-detect' },
    { value: 'names', label: 'Names of columns' },
    { value: 'data', label: 'Data' },
  ],
  help: 'Whether the first row names the columns. Without names they are column 1, column 2, and so on. Auto-detect: it is data where it has numbers, long texts, or values that later rows repeat.',
  advanced: true,
};

/** Rows from which it is told whether the first of them names the columns. */
export const headerRows = 100;
/** Rows among which the header is looked for below comments and titles. */
const maxRowsAbove = 20;

export const headerRowParameter: ParameterSpec = {
  name: 'header_row',
  label: 'Header row',
  type: 'integer',
  default: 0,
  minimum: 0,
  maximum: headerRows,
  help: 'Number of the row that names the columns; rows above it are left out. 0: the first row below comments (#) and titles.',
  advanced: true,
};
/** A longer cell is no name. */
const longestName = 100;

/** Returns true if the first of these rows has the column names. */
export function namesColumns([first = [], ...rest]: readonly (readonly string[])[], chosen: string): boolean {
  if (chosen !== 'auto') return chosen === 'names';
  const cells = first.map((cell) => cell.trim());
  if (cells.some((cell) => isKnownColumn(cell) || countGarbled(cell) > 0)) return true;
  // pandas numbers columns that have no names, after one without a name for its index.
  const numbered = cells[0] === '' ? cells.slice(1) : cells;
  if (numbered.every((cell, index) => cell === String(index))) return true;
  return !cells.some(
    (cell, column) =>
      cell.length > longestName ||
      (cell !== '' && Number.isFinite(Number(cell))) ||
      (cell !== '' && rest.some((row) => row[column]?.trim() === cell)),
  );
}

/** A row of a table with its number. */
interface HeadRow {
  readonly row: number;
  readonly cells: readonly string[];
}

/** The header of a table, or its first row of data. */
interface FoundHeader {
  /** Index among the first rows. */
  readonly index: number;
  readonly isNamed: boolean;
}

/**
 * Finds the header among the first rows: the row of `header_row`, else the first one below comments, titles of one cell
 * and empty rows.
 * @throws StudioError invalid_input if header_row is no row, or if a first row of one cell may be a title
 */
export function findHeader(path: string, rows: readonly HeadRow[], options: ParameterValues): FoundHeader {
  const stated = Number(options['header_row'] ?? 0);
  const chosen = String(options['header'] ?? 'auto');
  if (stated > 0) {
    const index = rows.findIndex(({ row }) => row === stated);
    if (index >= 0) return { index, isNamed: true };
    throw new StudioError(
      'invalid_input',
      `${path} has no row ${stated} among its first ${rows.length} rows.`,
      'Choose the row that names the columns, e.g. header_row=1.',
    ).at('header_row');
  }
  const cells = rows.map((row) => row.cells.map((cell) => cell.trim()));
  const index = chosen === 'auto' ? detectHeader(path, cells, rows) : Math.max(0, cells.findIndex(isFilled));
  return { index, isNamed: namesColumns(cells.slice(index), chosen) };
}

/** Describes the rows above a header; null if there are none with cells. */
export function rowsAboveNote(rows: readonly HeadRow[], { index }: FoundHeader): string | null {
  const above = rows.slice(0, index).filter(({ cells }) => isFilled(cells));
  const [first] = above;
  if (first === undefined) return null;
  const text = first.cells.find((cell) => cell.trim() !== '')?.trim() ?? '';
  const last = above.at(-1)?.row ?? first.row;
  const which = above.length === 1 ? `Row ${first.row}` : `Rows ${first.row} to ${last}`;
  return `${which} above the header (“${text.slice(0, 60)}”) ${above.length === 1 ? 'is' : 'are'} left out. If this is wrong, set the header row.`;
}

function isFilled(cells: readonly string[]): boolean {
  return cells.some((cell) => cell.trim() !== '');
}

/** Index of the header or the first row of data. */
function detectHeader(path: string, cells: readonly (readonly string[])[], rows: readonly HeadRow[]): number {
  const start = cells.findIndex(isFilled);
  if (start < 0) return 0;
  const filled = cells.map((row) => row.filter((cell) => cell !== '').length);
  const [width, usual] = [mostFrequent(cells.map(({ length }) => length)), mostFrequent(filled)];
  const isKnown = (at: number) => cells[at]?.some(isKnownColumn) === true;
  if (isKnown(start)) return start;
  const isComment = (at: number) => cells[at]?.find((cell) => cell !== '')?.startsWith('#') === true;
  const isWide = (at: number) => cells[at]?.length === width;
  const isAside = (at: number) => isComment(at) || (usual >= 2 && ((filled[at] ?? 0) <= 1 || !isWide(at)));
  const known = cells.findIndex((_, at) => at > start && at <= maxRowsAbove && isWide(at) && isKnown(at));
  if (known > start && Array.from({ length: known - start }, (_, at) => start + at).every(isAside)) return known;
  // pandas leaves the name of an index empty: a title stands in the first column.
  const isTitle = (at: number) => usual >= 2 && isWide(at) && filled[at] === 1 && cells[at]?.[0] !== '';
  const isAbove = (at: number) => filled[at] === 0 || isTitle(at) || (isComment(at) && !isWide(at));
  const below = cells.findIndex((_, at) => at >= start && !isAbove(at));
  const header = below > start && below <= maxRowsAbove && namesColumns(cells.slice(below), 'auto') ? below : start;
  const first = rows[header];
  if (first?.cells.length === 1 && width >= 2 && cells.every((row, at) => at <= header || row.length !== 1))
    throw new StudioError(
      'invalid_input',
      `${path}: row ${first.row} has 1 cell ("${(first.cells[0] ?? '').slice(0, 60)}"), but most rows have ${width}.`,
      `If it is a title, choose the row that names the columns, e.g. header_row=${rows[header + 1]?.row ?? 2}. If it names the only column, put cells that contain the separator in quotation marks.`,
    ).at('header_row');
  return header;
}

/** The most frequent number; of equally frequent ones the largest. */
function mostFrequent(numbers: readonly number[]): number {
  const counts = Map.groupBy(numbers, (number) => number);
  const [first] = [...counts].sort(([one, some], [other, others]) => others.length - some.length || other - one);
  return first?.[0] ?? 0;
}

export function numberedNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => numberedName(index));
}
