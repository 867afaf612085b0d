import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
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

export function numberedNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => numberedName(index));
}
