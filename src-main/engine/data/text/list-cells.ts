import { parsePythonLiteral } from '../../../../src-shared/python-literal.ts';
import { plain, type Role } from './known-columns.ts';
import { cellOf, isObject, type RawRow } from './raw-row.ts';
import { parseAsPython } from './written-number.ts';

/** Roles whose cells may be lists. */
const listRoles = ['label', 'choices', 'words', 'tags', 'positive', 'negative'] as const satisfies Role[];
const listNames =
  /^(?:labels?|tags?|choices|options|endings|tokens|words|ner(?:tags?)?|postags|classes|categories|topics|pos|neg|positives?|negatives?|hardnegatives?)$/;

/** Columns of lists that a table has as JSON or as Python writes them, by their names or the roles in `stated`. */
export function listColumns(
  rows: readonly RawRow[],
  names: readonly string[],
  stated: Readonly<Partial<Record<Role, string | null>>>,
): string[] {
  const chosen = new Set(listRoles.flatMap((role) => stated[role] ?? []));
  return names.filter((name) => {
    if (!chosen.has(name) && !listNames.test(plain(name))) return false;
    const cells = rows.map((row) => cellOf(row.cells, name)).filter((cell) => (cell ?? '') !== '');
    return cells.length > 0 && cells.every((cell) => typeof cell === 'string' && parsedList(cell) !== null);
  });
}

/** The row with the lists of these columns; a cell that is no list stays a text. */
export function withLists(row: RawRow, columns: readonly string[]): RawRow {
  if (columns.length === 0 || row.fault !== null) return row;
  const lists = columns.flatMap((name) => {
    const cell = cellOf(row.cells, name);
    const list = typeof cell === 'string' ? parsedList(cell) : null;
    return list === null ? [] : [[name, list] as const];
  });
  return { ...row, cells: { ...row.cells, ...Object.fromEntries(lists) } };
}

/** A list of texts and numbers, or an object of such lists, out of its text; null for anything else. */
function parsedList(cell: string): unknown {
  if (!/^\s*(?:[[({]|array\()/.test(cell)) return null;
  for (const parse of [parseAsPython, parsePythonLiteral])
    try {
      const parsed = parse(cell);
      const isFlat = (value: unknown) =>
        Array.isArray(value) && value.every((one) => !Array.isArray(one) && !isPlainObject(one));
      if (isFlat(parsed)) return parsed;
      return isPlainObject(parsed) && Object.values(parsed).every(isFlat) ? parsed : null;
    } catch {
      // The next one is tried.
    }
  return null;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !(value instanceof Number);
}
