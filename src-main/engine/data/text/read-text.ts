import { basename } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Accounting } from '../../../../src-shared/domain/data/accounting.ts';
import { type ReadRow, textColumnRoles } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { withMade } from '../layouts/layout.ts';
import { repairedExample } from '../repairs/index.ts';
import { stepsOf } from '../steps/data-steps.ts';
import { droppedByHand, RowSteps } from '../steps/row-steps.ts';
import { anchorNote, rowsOfPositives } from './anchors.ts';
import { ColumnUse } from './column-use.ts';
import { columnNames, type Mapping, madeNames, mapColumns } from './columns.ts';
import { readExample } from './example.ts';
import { isIdColumn } from './known-columns.ts';
import { withLists } from './list-cells.ts';
import { templateKwargsColumn } from './messages.ts';
import { preferenceNote } from './preferences.ts';
import { type BytesListener, cellOf, type RawRow, type RowFormat } from './raw-row.ts';
import type { SplitRule } from './split.ts';
import { splitByFile, splitRule } from './split-rule.ts';
import { type TextFiles, totalSize } from './text-files.ts';

/** Number of rows from which columns are guessed. */
const headRows = 100;

/** Plan for turning rows into examples, from the first rows and the options. */
export interface TextPlan {
  readonly columnNames: readonly string[];
  readonly mapping: Mapping;
  readonly options: ParameterValues;
  readonly rowSteps: RowSteps;
  /** Files that are read: the test split may be another one than that found by its name. */
  readonly files: TextFiles;
  readonly notes: readonly string[];
  /** Question to answer by an option before the dataset is added; null if there is none. */
  readonly question: StudioError | null;
  readonly parts: readonly { readonly path: string; readonly prefix: string; readonly rule: SplitRule }[];
}

/** @throws StudioError invalid_file without a readable row, invalid_input if options fit no column. */
export async function planTexts(files: TextFiles, format: RowFormat, options: ParameterValues): Promise<TextPlan> {
  return planOf(files, format, await readHead(files, format, options), options);
}

/** The first rows of the training file. @throws StudioError invalid_file if none can be read. */
export async function readHead(files: TextFiles, format: RowFormat, options: ParameterValues): Promise<RawRow[]> {
  const head = await firstRowsOf(files.train, format, options);
  const [path = ''] = files.train;
  const [first] = head;
  if (first === undefined) throw new StudioError('invalid_file', `${path} has no rows.`, 'Choose a file with rows.');
  if (head.every((row) => row.fault !== null))
    throw new StudioError(
      'invalid_file',
      `${path}: none of the first ${head.length} rows can be read; row ${first.row} ${first.fault}.`,
    );
  return head;
}

async function firstRowsOf(paths: readonly string[], format: RowFormat, options: ParameterValues): Promise<RawRow[]> {
  const head: RawRow[] = [];
  for (const file of paths) {
    if (head.length >= headRows) break;
    for await (const rows of format.rows(file, { options })) {
      head.push(...rows.slice(0, headRows - head.length));
      if (head.length >= headRows) break;
    }
  }
  return head;
}

/** @throws StudioError invalid_input if options fit no column. */
export async function planOf(
  found: TextFiles,
  format: RowFormat,
  head: readonly RawRow[],
  options: ParameterValues,
): Promise<TextPlan> {
  const names = columnNames(head.filter((row) => row.fault === null));
  const [path = ''] = found.train;
  const mapping = mapColumns(path, head, options);
  const { files, note, question } = await withLabelledTest(found, format, { mapping, head }, options);
  return {
    columnNames: [...names, ...madeNames(mapping.layout)],
    options,
    rowSteps: new RowSteps(stepsOf(options)),
    mapping,
    files,
    notes: note === null ? [] : [note],
    question: question ?? mapping.labels?.question ?? null,
    parts: partsOf(files, names, options, { together: togetherIn(mapping.columns), label: mapping.columns.label }),
  };
}

/**
 * The files with the first test split whose rows have labels, with a note if that is another one. Benchmarks publish
 * test splits without labels, or with -1 for each. A question if no test split has labels.
 */
async function withLabelledTest(
  files: TextFiles,
  format: RowFormat,
  { mapping, head }: { readonly mapping: Mapping; readonly head: readonly RawRow[] },
  options: ParameterValues,
): Promise<Pick<TextPlan, 'files' | 'question'> & { readonly note: string | null }> {
  const unchanged = { files, note: null, question: null };
  const { oneHot, layout } = mapping;
  const { label } = mapping.columns;
  if (label === null || files.otherTests === undefined || files.test.length === 0) return unchanged;
  // The label may be in several columns, or made of others by a layout.
  const made = layout?.made.find(({ name }) => name === label)?.from.flatMap((name) => name ?? []);
  const written = made ?? (oneHot !== null && 'columns' in oneHot ? oneHot.columns : [label]);
  // -1 may also be a class or a value.
  const isTrained = head.some(({ cells }) => written.some((name) => Number(cellOf(cells, name) ?? 0) === -1));
  const lacksLabels = async (paths: readonly string[]) => {
    const rows = (await firstRowsOf(paths, format, options)).filter(({ fault }) => fault === null);
    return (
      rows.length > 0 && rows.every(({ cells }) => written.some((name) => isHidden(cellOf(cells, name), isTrained)))
    );
  };
  if (!(await lacksLabels(files.test))) return unchanged;
  const names = (paths: readonly string[]) => paths.map((path) => basename(path)).join(', ');
  for (const [at, test] of files.otherTests.entries())
    if (!(await lacksLabels(test))) {
      const otherTests = files.otherTests.slice(at + 1);
      const sizeBytes = await totalSize([...files.train, ...test]);
      return {
        files: { train: files.train, test, otherTests, sizeBytes },
        note: `${names(files.test)} has no labels in ${label} (empty or -1), so ${names(test)} is the test split.`,
        question: null,
      };
    }
  if (options['skip_faulty_rows'] === true) return unchanged;
  const question = new StudioError(
    'invalid_input',
    `${names(files.test)} has no labels: ${label} is empty or -1 in each of its first rows.`,
    'Test on a share of the training rows (split_by=share), or choose a test file with labels (test_file=PATH).',
  ).at('split_by');
  return { files, note: null, question };
}

function isHidden(cell: unknown, isTrained: boolean): boolean {
  if (cell === undefined || cell === null || String(cell).trim() === '') return true;
  return !isTrained && Number(cell) === -1;
}

/** Column whose equal values stay in one split where it is drawn: the text of several questions, an anchor with several positives. */
function togetherIn({ answers, context, anchor, completion }: TextPlan['mapping']['columns']): string | null {
  if (answers !== null) return context;
  return completion === null ? anchor : null;
}

/** Counts the use of the columns of a plan. */
export function columnUseOf({ mapping, columnNames: names, options, parts }: TextPlan): ColumnUse {
  const used = new Set(Object.values(mapping.columns));
  const id = names.find((name) => isIdColumn(name) && !used.has(name));
  const splitColumn = parts[0]?.rule.column ?? null;
  return new ColumnUse(mapping, names, options, [
    ...(splitColumn === null ? [] : [[splitColumn, 'split'] as const]),
    ...(id === undefined ? [] : [[id, 'id'] as const]),
    [templateKwargsColumn, 'variables of the chat template'],
  ]);
}

/** Rows that were read, for the accounting table. */
interface RowsRead {
  /** With the lines that faulty rows swallowed, without the rows that steps left out. */
  readonly count: number;
  readonly splits: Readonly<Record<'train' | 'test', number>>;
  readonly repaired: Accounting['rows']['repaired'];
  readonly leftOut: Accounting['rows']['leftOut'];
  readonly byStep: Accounting['rows']['leftOut'];
  readonly labels: Accounting['labels'];
  readonly isWhole: boolean;
}

/** The accounting of a plan, once rows have been read. */
export function accountingOf(
  { mapping: { layout, columns }, parts }: TextPlan,
  use: ColumnUse,
  { count, splits, repaired, leftOut, byStep, labels, isWhole }: RowsRead,
): Accounting {
  const isAsKnown = layout !== null && textColumnRoles.every((role) => layout.columns[role] === columns[role]);
  const total = byStep.reduce((sum, step) => sum + step.count, count);
  return {
    layout: isAsKnown ? layout.layout.label : null,
    columns: use.list(parts[0]?.path ?? ''),
    rows: { total, ...splits, repaired: [...repaired], leftOut: [...leftOut, ...byStep] },
    labels: [...labels],
    isWhole,
  };
}

/** Returns the guesses about the columns, in sentences. */
export function notesOf({ mapping, notes }: TextPlan): string[] {
  const { tagFormat, columns } = mapping;
  return [...notes, tagFormat?.note ?? null, preferenceNote(columns), anchorNote(columns)].flatMap(
    (note) => note ?? [],
  );
}

/** @param drawn column whose equal values stay in one split where it is drawn, and the column of the labels */
function partsOf(
  { train, test }: TextFiles,
  names: readonly string[],
  options: ParameterValues,
  drawn: { readonly together: string | null; readonly label: string | null },
): TextPlan['parts'] {
  const isOne = train.length + test.length === 1;
  const parts = (paths: readonly string[], rule: SplitRule): TextPlan['parts'] =>
    paths.map((path) => ({ path, prefix: isOne ? '' : `${basename(path)}, `, rule }));
  return test.length === 0
    ? parts(train, splitRule(train[0] ?? '', names, options, drawn))
    : [...parts(train, splitByFile('train')), ...parts(test, splitByFile('test'))];
}

interface TextReading {
  readonly split?: 'train' | 'test';
  readonly onBytes?: BytesListener | undefined;
  /** Called with each row of the file, with the columns that its layout makes. */
  readonly onRow?: ((row: RawRow) => void) | undefined;
}

/** A row with the columns that its layout makes, and with its lists. */
function wholeRow(row: RawRow, { layout, lists }: Mapping): RawRow {
  return withLists(withMade(row, layout?.made ?? []), lists);
}

/**
 * Shows the rows to a split that must know all of them before it assigns one. Rows that are no examples are not shown.
 * @param maxRows of a preview
 * @throws the reason of `signal`, between batches
 */
export async function surveySplit(
  { mapping, parts, options, rowSteps }: TextPlan,
  format: RowFormat,
  { signal, maxRows = Number.POSITIVE_INFINITY }: { signal?: AbortSignal | undefined; maxRows?: number } = {},
): Promise<void> {
  const survey = parts[0]?.rule.survey;
  if (survey === undefined) return;
  survey.begin();
  let place = 0;
  reading: for (const { path, prefix } of parts)
    for await (const rows of format.rows(path, { options })) {
      signal?.throwIfAborted();
      for (const written of rows) {
        const where = `${prefix}row ${written.row}`;
        const row = wholeRow(rowSteps.edit(where, written).row, mapping);
        if (!rowSteps.drops(where) && typeof readExample(row, mapping) !== 'string') survey.add(row, place);
        if (++place >= maxRows) break reading;
      }
    }
  survey.finish();
}

/** All rows in batches, in file order. `split` skips the files of the other split. */
export async function* readTexts(
  plan: TextPlan,
  format: RowFormat,
  reading: TextReading = {},
): AsyncGenerator<ReadRow[]> {
  for await (const rows of readCells(plan, format, reading)) yield rows.map(({ read }) => read);
}

/** The first rows of all files, at most `count`. */
export async function* firstTexts(plan: TextPlan, format: RowFormat, count: number): AsyncGenerator<ReadRow[]> {
  let left = count;
  for await (const rows of readTexts(plan, format)) {
    yield rows.slice(0, left);
    left -= rows.length;
    if (left <= 0) return;
  }
}

interface CellRow {
  readonly row: RawRow;
  readonly where: string;
  /** Columns that steps edited. */
  readonly edited: readonly string[];
  readonly read: ReadRow;
}

/** All rows like `readTexts`, each with its cells after the edits of steps. */
export async function* readCells(
  plan: TextPlan,
  format: RowFormat,
  { split, onBytes, onRow }: TextReading = {},
): AsyncGenerator<CellRow[]> {
  const { mapping, parts, options, rowSteps } = plan;
  let place = 0;
  for (const { path, prefix, rule } of parts) {
    if (split !== undefined && rule.only !== null && rule.only !== split) continue;
    for await (const rows of format.rows(path, { options, onBytes }))
      yield rows.flatMap((written) => {
        const where = `${prefix}row ${written.row}`;
        const { row, columns } = rowSteps.edit(where, written);
        const changes = columns.map((column) => `${column} edited`);
        const listed = wholeRow(row, mapping);
        onRow?.(listed);
        const at = place++;
        if (rowSteps.drops(where)) {
          const read: ReadRow = { kind: 'left-out', where, message: droppedByHand, isByHand: true };
          return [{ row, where, edited: columns, read }];
        }
        return rowsOfPositives(listed, mapping.columns.positive).map((one) => {
          const assigned = rule.assign(one, at);
          return { row, where, edited: columns, read: readRow(one, { where, mapping, assigned, changes }) };
        });
      });
  }
}

function readRow(
  row: RawRow,
  {
    where,
    mapping,
    assigned,
    changes,
  }: {
    readonly where: string;
    readonly mapping: Mapping;
    readonly assigned: ReturnType<SplitRule['assign']>;
    readonly changes: readonly string[];
  },
): ReadRow {
  const content = readExample(row, mapping);
  if (typeof content === 'string') {
    const mended = typeof assigned === 'string' ? repairedExample(row, mapping) : null;
    const fault = { kind: 'fault', where, message: content, lines: row.lines } as const;
    if (mended === null || typeof assigned !== 'string') return fault;
    const { content: whole, changes: repairs } = mended;
    return { ...fault, repaired: { row: where, changes: [...changes, ...repairs], split: assigned, ...whole } };
  }
  if (typeof assigned !== 'string') return { kind: 'left-out', where, message: assigned.leftOut };
  const example = { row: where, split: assigned, ...content };
  return { kind: 'example', example: changes.length === 0 ? example : { ...example, changes: [...changes] } };
}
