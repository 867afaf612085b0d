import { cellOf, type RawRow } from './raw-row.ts';

/** Between the names of several columns of one role. */
const between = ', ';

const minFittingShare = 0.7;

/** Several labels of a row that are zeros and ones: in a list, or in columns of their own. */
export type OneHot = { readonly length: number } | { readonly columns: readonly string[] };

/** Returns the length of zeros-and-ones lists, one entry for each label: all of equal length, with repeated values. */
export function oneHotOf(rows: readonly RawRow[], column: string): OneHot | null {
  const lists = rows.map(({ cells }) => cellOf(cells, column)).filter((cell) => Array.isArray(cell));
  const length = lists[0]?.length ?? 0;
  const isOneHot = (list: unknown[]): boolean =>
    list.length === length && list.every((value) => flagOf(value) !== null);
  // A row of another length is a fault of that row.
  const fitting = lists.filter(isOneHot);
  // A list of the numbers of its labels has none of them twice.
  const isRepeated = fitting.some((list) => new Set(list.map(flagOf)).size < list.length);
  return length >= 2 && fitting.length >= minFittingShare * lists.length && isRepeated ? { length } : null;
}

/** The columns that have nothing but zeros and ones, in one name; null for fewer than two. */
export function flagColumns(rows: readonly RawRow[], names: readonly string[]): string | null {
  const flags = names.filter((name) => {
    const values = rows.map(({ cells }) => cellOf(cells, name));
    return values.every((value) => flagOf(value) !== null) && !name.includes(between);
  });
  const isAny = rows.some(({ cells }) => flags.some((name) => flagOf(cellOf(cells, name)) === true));
  return flags.length >= 2 && isAny ? flags.join(between) : null;
}

/** The columns that a name of several stands for, all of which the file has; null for one. */
export function severalColumns(name: string, names: readonly string[]): string[] | null {
  if (names.includes(name) || !name.includes(between)) return null;
  const parts = namesIn(name);
  return parts.every((part) => names.includes(part)) ? parts : null;
}

/** The names of several columns in one. */
export function namesIn(name: string): string[] {
  return name.split(between);
}

/** Returns true if a label is set; null for values other than 0 and 1. */
export function flagOf(value: unknown): boolean | null {
  const text = String(value).toLowerCase();
  if (typeof value === 'object' && !(value instanceof Number)) return null;
  if (text === '1' || text === '1.0' || text === 'true') return true;
  return text === '0' || text === '0.0' || text === 'false' ? false : null;
}
