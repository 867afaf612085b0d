import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { isKnownColumn } from './known-columns.ts';

const separators = [
  { id: 'comma', label: 'Comma', character: ',' },
  { id: 'semicolon', label: 'Semicolon', character: ';' },
  { id: 'tab', label: 'Tab', character: '\t' },
  { id: 'bar', label: 'Vertical bar', character: '|' },
] as const;

export const separatorParameter: ParameterSpec = {
  name: 'separator',
  label: 'Separator',
  type: 'choice',
  default: 'auto',
  choices: [
    { value: 'auto', label: 'Auto-detect' },
    ...separators.map(({ id, label }) => ({ value: id as string, label: label as string })),
  ],
  help: 'What separates the cells of a row. Auto-detect: what the first rows have equally often.',
  advanced: true,
};

const judgedRows = 20;
const startCharacters = 100;

/** Notation of a table's cells. */
export interface TableDialect {
  readonly separator: string;
  readonly quote: string;
  /** Escape character before a quotation mark inside a quoted cell. */
  readonly escapedBy: string;
  /** True if the first line names the separator, a habit of Excel in countries with a decimal comma. */
  readonly isAnnounced: boolean;
}

const announcement = /^sep=([,;\t|])\r?(?:\n|$)/i;
/** A header whose cells are all in apostrophes. */
const apostrophes = /^'[^'\r\n]*'(?:([,;\t|])'[^'\r\n]*')(?:\1'[^'\r\n]*')*\r?(?:\n|$)/;
/** A quotation mark within a cell, not at its end: doubled as usual, or after a backslash. */
const doubled = /[^,;\t|\r\n"]""[^,;\t|\r\n"]/;
const escaped = /\\"[^,;\t|\r\n"]/;

/** Detects the dialect of a table that begins with `sample`; `chosen` is its separator, or auto. */
export function dialectOf(sample: string, chosen: string): TableDialect {
  const announced = announcement.exec(sample)?.[1];
  const quote = apostrophes.test(sample) ? "'" : '"';
  const escapedBy = quote === '"' && escaped.test(sample) && !doubled.test(sample) ? '\\' : quote;
  const separator = chosen === 'auto' && announced !== undefined ? announced : separatorOf(sample, chosen, quote);
  return { separator, quote, escapedBy, isAnnounced: announced !== undefined };
}

/** Detects the separator of a table from its start `sample`. */
function separatorOf(sample: string, chosen: string, quote: string): string {
  const stated = separators.find(({ id }) => id === chosen);
  if (stated !== undefined) return stated.character;
  const rows = belowTitles(countsOf(sample, quote));
  let best = { character: ',', equal: 0, count: 0 };
  for (const [index, { character }] of separators.entries()) {
    const [first = 0, ...rest] = rows.map((row) => row[index] ?? 0);
    if (first === 0) continue;
    const equal = rest.filter((count) => count === first).length;
    if (best.count === 0 || equal > best.equal || (equal === best.equal && first > best.count))
      best = { character, equal, count: first };
  }
  return best.character;
}

/** Counts of the separators of a row, and its first characters. */
interface RowCounts {
  readonly counts: number[];
  start: string;
}

/** The counts without those of leading comments and titles, which have no separator. */
function belowTitles(rows: readonly RowCounts[]): number[][] {
  const all = rows.map(({ counts }) => counts);
  const isAbove = ({ counts, start }: RowCounts) =>
    !isKnownColumn(start) && (start.startsWith('#') || counts.every((count) => count === 0));
  const below = rows.findIndex((row) => !isAbove(row));
  const rest = all.slice(below, -1);
  // Texts of one column have separators too, but not equally many in each.
  const areRows = separators.some((_, at) => {
    const [first = 0, ...others] = rest.map((counts) => counts[at] ?? 0);
    return first > 0 && others.length > 0 && others.every((count) => count === first);
  });
  return below > 0 && areRows ? all.slice(below) : all;
}

/** Counts each separator in each of the first rows, outside of quotation marks. */
function countsOf(sample: string, quote: string): RowCounts[] {
  const rows: RowCounts[] = [];
  let row: RowCounts = { counts: separators.map(() => 0), start: '' };
  let isQuoted = false;
  for (const character of sample) {
    if (row.start.length < startCharacters && !/[\r\n]/.test(character)) row.start += character;
    if (character === quote) isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '\n' || character === '\r') {
      if (character === '\n' || row.counts.some((count) => count > 0)) rows.push(row);
      row = { counts: separators.map(() => 0), start: '' };
      if (rows.length >= judgedRows) return rows;
      continue;
    }
    const index = separators.findIndex((separator) => separator.character === character);
    if (index >= 0) row.counts[index] = (row.counts[index] ?? 0) + 1;
  }
  // The last row of a short file has no line end; that of a longer one ends somewhere in the middle.
  return [...rows, row];
}
