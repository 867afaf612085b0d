import { stat } from 'node:fs/promises';
import type { ReadRow, TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type {
  EditableCell,
  EditableRow,
  EditableRows,
  RowFilter,
  RowQuery,
} from '../../../../src-shared/domain/data/edited-rows.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { DataSteps, stepsOf } from '../steps/data-steps.ts';
import type { RawRow, RowFormat } from './raw-row.ts';
import { firstTexts, planTexts, readCells, surveySplit, type TextPlan } from './read-text.ts';
import { findTextFiles } from './text-files.ts';

/** Limits of a listing: rows, and characters of their cells. */
const maxRows = 20_000;
const maxCharacters = 64_000_000;
/** Limit of a cell's text. */
const cellCharacters = 20_000;

interface Outcome {
  readonly place: number;
  readonly state: EditableRow['state'];
  readonly message: string | null;
  readonly changes: readonly string[];
}

/**
 * Lists rows of a file with their cells, as an editor shows them: filtered by outcome, searched and sorted. Reads the first
 * 20,000 rows.
 * @throws StudioError if the file cannot be read with these options
 */
export async function inspectRows(
  path: string,
  format: RowFormat,
  options: ParameterValues,
  { show, sort, search, offset, limit }: RowQuery,
): Promise<EditableRows> {
  const { plan, steps } = await preparedPlan(path, format, options);
  const wanted = search.trim().toLowerCase();
  const counts: Record<RowFilter, number> = { all: 0, faulty: 0, changed: 0, 'left-out': 0 };
  const found: Outcome[] = [];
  const { rowsRead, isWhole } = await eachRow({ plan, format, steps }, (row, outcome) => {
    if (wanted !== '' && !contains(row, wanted)) return;
    for (const filter of filtersOf(outcome)) counts[filter]++;
    if (filtersOf(outcome).includes(show)) found.push(outcome);
  });
  if (sort === 'problem')
    found.sort((left, right) => compared(left.message, right.message) || left.place - right.place);
  const page = found.slice(offset, offset + limit);
  const places = new Set(page.map(({ place }) => place));
  const rows = new Map<number, EditableRow>();
  await eachRow({ plan, format, steps }, (row, { place, ...outcome }, { where, edited }) => {
    if (!places.has(place)) return;
    rows.set(place, { where, ...outcome, changes: [...outcome.changes], cells: cellsOf(row, edited) });
    return rows.size === places.size;
  });
  return {
    rows: page.flatMap(({ place }) => rows.get(place) ?? []),
    columnNames: [...plan.columnNames],
    counts,
    rowsRead,
    isWhole,
  };
}

/** The example that a row becomes, whole; null for a row that becomes none. @throws StudioError as `inspectRows` does */
export async function exampleAt(
  path: string,
  format: RowFormat,
  options: ParameterValues,
  where: string,
): Promise<TextExample | null> {
  const { plan, steps } = await preparedPlan(path, format, options);
  const found: TextExample[] = [];
  await eachRow({ plan, format, steps }, (_row, _outcome, at) => {
    if (at.where !== where) return false;
    if (at.next?.kind === 'example') found.push(at.next.example);
    return true;
  });
  return found[0] ?? null;
}

interface PreparedPlan {
  readonly plan: TextPlan;
  readonly steps: DataSteps;
}

/** The last plan: an editor lists rows of a file and shows its examples one after the other, by the same first rows. */
let last: { readonly key: string; readonly prepared: PreparedPlan } | null = null;

/** The plan of a file, whose steps and split have seen the first rows; read again if a file or an option has changed. */
async function preparedPlan(path: string, format: RowFormat, options: ParameterValues): Promise<PreparedPlan> {
  const files = await findTextFiles(path, format, options);
  const stats = await Promise.all(
    [...files.train, ...files.test, ...(files.otherTests ?? []).flat()].map((file) => stat(file, { bigint: true })),
  );
  const states = stats.map(({ ino, size, mtimeNs }) => [ino, size, mtimeNs].join(' '));
  const key = JSON.stringify([path, format.extensions, options, files, states]);
  if (last?.key === key) return last.prepared;
  const plan = await planTexts(files, format, options);
  const steps = new DataSteps(stepsOf(plan.options));
  await surveySplit(plan, format, { maxRows });
  await steps.prepareFirst(() => firstTexts(plan, format, maxRows));
  last = { key, prepared: { plan, steps } };
  return last.prepared;
}

/** Calls back with each of the first rows; a callback that returns true ends the reading. */
async function eachRow(
  { plan, format, steps }: { readonly plan: TextPlan; readonly format: RowFormat; readonly steps: DataSteps },
  visit: (
    row: RawRow,
    outcome: Outcome,
    at: { readonly where: string; readonly edited: readonly string[]; readonly next: ReadRow | null },
  ) => unknown,
): Promise<{ readonly rowsRead: number; readonly isWhole: boolean }> {
  const reading = steps.begin();
  let [place, characters] = [0, 0];
  for await (const rows of readCells(plan, format))
    for (const { row, where, edited, read } of rows) {
      if (place >= maxRows || characters >= maxCharacters) return { rowsRead: place, isWhole: false };
      for (const cell of Object.values(row.cells)) characters += typeof cell === 'string' ? cell.length : 8;
      const { row: next, step } = reading.next(read);
      const outcome =
        next === null
          ? ({ state: 'left-out', message: `is left out by the step ${step}`, changes: [] } as const)
          : outcomeOf(next);
      if (visit(row, { place: place++, ...outcome }, { where, edited, next }) === true)
        return { rowsRead: place, isWhole: false };
    }
  return { rowsRead: place, isWhole: true };
}

function outcomeOf(row: ReadRow): Omit<Outcome, 'place'> {
  switch (row.kind) {
    case 'example':
      return { state: row.example.split, message: null, changes: row.example.changes ?? [] };
    case 'fault':
      return { state: 'faulty', message: row.message, changes: [] };
    case 'left-out':
      return { state: 'left-out', message: row.message, changes: [] };
  }
}

function filtersOf({ state, changes }: Outcome): RowFilter[] {
  return [
    'all',
    ...(state === 'faulty' || state === 'left-out' ? [state] : []),
    ...(changes.length > 0 ? (['changed'] as const) : []),
  ];
}

function contains({ cells }: RawRow, wanted: string): boolean {
  return Object.values(cells).some((cell) => textOf(cell).toLowerCase().includes(wanted));
}

function cellsOf({ cells }: RawRow, edited: readonly string[]): EditableCell[] {
  return Object.entries(cells).map(([column, cell]) => {
    const text = textOf(cell);
    return {
      column,
      value: text.slice(0, cellCharacters),
      isText: typeof cell === 'string' || cell === null || cell === undefined,
      isCut: text.length > cellCharacters,
      isEdited: edited.includes(column),
    };
  });
}

/** Text of a cell: a text as it is, anything else as JSON. */
function textOf(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  if (cell === null || cell === undefined) return '';
  return JSON.stringify(cell, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? '';
}

/** Rows with a problem first. */
function compared(left: string | null, right: string | null): number {
  if (left === right) return 0;
  if (left === null) return 1;
  if (right === null) return -1;
  return left < right ? -1 : 1;
}
