import {
  noColumns,
  type TextColumns,
  type TextShape,
  textColumnRoles,
} from '../../../../src-shared/domain/data/dataset.ts';
import { columnNamed, plain, type Role } from '../text/known-columns.ts';
import { cellOf, type RawRow } from '../text/raw-row.ts';

/** Problem of a row and its remedy, in place of a value that is made of several columns. */
export class CellFault {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** A column that is found by its contents, whatever its name. */
export interface ColumnFinder {
  /** For the guide: "any column of spans". */
  readonly described: string;
  find(names: readonly string[], rows: readonly RawRow[]): string | undefined;
}

/** A role whose value is made of the cells of several columns, e.g. choices of `sol1` and `sol2`. */
export interface MadeRole {
  /**
   * Names of the columns, or several names to choose from, compared without case, spaces, _ and -. All must be there, but
   * for those beyond `atLeast`.
   */
  readonly from: readonly (string | readonly string[] | ColumnFinder)[];
  readonly atLeast?: number;
  /** @param cells in the order of `from`; undefined for one that the file lacks */
  value(cells: readonly unknown[]): unknown;
}

/**
 * A known layout of rows: its columns by role, the programs or datasets that write it, and what a row becomes. A file
 * has the layout if each of `columns` and `made` is there, none of `without` is, and `fits` agrees.
 */
export interface Layout {
  readonly id: string;
  /** Shown in the accounting table and the guide: "Problem and solution". */
  readonly label: string;
  /** Datasets and programs that write it. */
  readonly sources: string;
  /** Form of its examples, for the guide: "a prompt and its completion". */
  readonly becomes: string;
  /** Names of each role's column, the more specific ones first; a name with a dot is within an object. */
  readonly columns: Readonly<Partial<Record<Role, readonly string[] | ColumnFinder>>>;
  /** Roles whose column may be missing. */
  readonly optional?: Readonly<Partial<Record<Role, readonly string[]>>>;
  readonly made?: Readonly<Partial<Record<Role, MadeRole>>>;
  /** Names of columns that belong to the layout and are not learned from: why each is not, without a question. */
  readonly unread?: Readonly<Record<string, string>>;
  /** A file with one of these columns has another layout. */
  readonly without?: readonly string[];
  readonly shape?: TextShape;
  /** Checks the contents of the first rows. @param of returns the cells of a role's column */
  fits?(of: (role: Role) => unknown[], rows: readonly RawRow[]): boolean;
  /** Reason why its rows are not read, and the remedy: a file is rejected with them unless columns are given. */
  readonly refusal?: { readonly message: string; readonly hint: string };
}

/**
 * A column that a layout makes of others: "sol1 + sol2", or with its role if it is one ("input as tools") or if another
 * one is made of the same columns.
 */
export interface MadeColumn {
  readonly name: string;
  readonly from: readonly (string | null)[];
  readonly value: MadeRole['value'];
}

/** A layout with the columns of a file. */
export interface FoundLayout {
  readonly layout: Layout;
  readonly columns: TextColumns;
  readonly shape: TextShape;
  readonly made: readonly MadeColumn[];
  /** Columns that the layout knows and does not read, with the reason. */
  readonly unread: ReadonlyMap<string, string>;
}

/** The columns of a file in this layout; null if it has another one. */
export function findInFile(layout: Layout, rows: readonly RawRow[], names: readonly string[]): FoundLayout | null {
  const without = new Set(layout.without?.map(plain));
  if (names.some((name) => without.has(plain(name)))) return null;
  const columns: TextColumns = { ...noColumns };
  const taken = new Set<string>();
  const find = (wanted: string | readonly string[] | ColumnFinder, isFree?: (name: string) => boolean) =>
    typeof wanted === 'object' && 'find' in wanted && 'described' in wanted
      ? wanted.find(names, rows)
      : columnNamed(names, [wanted].flat().map(plain), isFree);
  const assign = (role: Role, wanted: readonly string[] | ColumnFinder): boolean => {
    const name = find(wanted, (one) => !taken.has(one));
    if (name === undefined) return false;
    taken.add(name);
    columns[role] = name;
    return true;
  };
  for (const [role, wanted] of entries(layout.columns)) if (!assign(role, wanted)) return null;
  const made: MadeColumn[] = [];
  for (const [role, { from, atLeast = from.length, value }] of entries(layout.made ?? {})) {
    const own = from.map((one) => find(one) ?? null);
    const present = own.flatMap((name) => name ?? []);
    if (present.length < atLeast || own.slice(0, atLeast).includes(null)) return null;
    const joined = present.join(' + ');
    const isNamed = present.length > 1 && made.every((other) => other.name !== joined);
    const name = isNamed ? joined : `${joined} as ${role}`;
    made.push({ name, from: own, value });
    columns[role] = name;
  }
  for (const [role, wanted] of entries(layout.optional ?? {})) assign(role, wanted);
  const whole = rows.map((row) => withMade(row, made));
  const of = (role: Role): unknown[] => {
    const name = columns[role];
    return name === null ? [] : whole.map(({ cells }) => cellOf(cells, name));
  };
  if (layout.fits !== undefined && !layout.fits(of, rows)) return null;
  const unread = Object.entries(layout.unread ?? {}).flatMap(([wanted, reason]) =>
    names.filter((name) => plain(name) === plain(wanted)).map((name): [string, string] => [name, reason]),
  );
  return { layout, columns, shape: layout.shape ?? 'columns', made, unread: new Map(unread) };
}

/** A row with the columns that its layout makes; with a fault if one cannot be made. */
export function withMade(row: RawRow, made: readonly MadeColumn[]): RawRow {
  if (row.fault !== null || made.length === 0) return row;
  const cells: Record<string, unknown> = { ...row.cells };
  for (const { name, from, value } of made) {
    const cell = value(from.map((column) => (column === null ? undefined : cellOf(row.cells, column))));
    if (cell instanceof CellFault) return { ...row, fault: cell.message };
    cells[name] = cell;
  }
  return { ...row, cells };
}

function entries<Value>(record: Readonly<Partial<Record<Role, Value>>>): [Role, Value][] {
  return textColumnRoles.flatMap((role): [Role, Value][] => {
    const value = record[role];
    return value === undefined ? [] : [[role, value]];
  });
}

/** Returns true if most of the cells are texts of two words or more. */
export function areTexts(cells: readonly unknown[]): boolean {
  const texts = cells.filter((cell) => typeof cell === 'string' && cell.trim() !== '');
  return texts.length > 0 && 2 * texts.filter((cell) => /\S\s+\S|\S{12}/.test(String(cell))).length >= texts.length;
}
