import type { Mapping } from '../text/columns.ts';
import type { RawRow } from '../text/raw-row.ts';

type Cells = RawRow['cells'];

/** Result of a repair: the changed cells of a row, and a short description of each change. */
export interface Repaired {
  readonly cells: Cells;
  readonly changes: readonly string[];
}

/** Mends one kind of fault in the cells of a row; null where there is none, or where it is not certain what was meant. */
export type Repair = (cells: Cells, mapping: Mapping) => Repaired | null;

/** The cells with another value in a column. */
export function withCell(cells: Cells, column: string, value: unknown): Cells {
  return { ...cells, [column]: value };
}

/** A value for a person to recognize, not longer than a line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
