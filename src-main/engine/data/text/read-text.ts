import { basename } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ReadRow } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { repairedExample } from '../repairs/index.ts';
import { anchorNote } from './anchors.ts';
import { columnNames, type Mapping, mapColumns } from './columns.ts';
import { readExample } from './example.ts';
import { preferenceNote } from './preferences.ts';
import type { BytesListener, RawRow, RowFormat } from './raw-row.ts';
import { type SplitRule, splitByFile, splitRule } from './split-rule.ts';
import type { TextFiles } from './text-files.ts';

/** Number of rows from which columns are guessed. */
const headRows = 100;

/** Plan for turning rows into examples, from the first rows and the options. */
export interface TextPlan {
  readonly columnNames: readonly string[];
  readonly mapping: Mapping;
  readonly options: ParameterValues;
  readonly parts: readonly { readonly path: string; readonly prefix: string; readonly rule: SplitRule }[];
}

/** @throws StudioError invalid_file without a readable row, invalid_input if options fit no column. */
export async function planTexts(files: TextFiles, format: RowFormat, options: ParameterValues): Promise<TextPlan> {
  return planOf(files, await readHead(files, format, options), options);
}

/** The first rows of the training file. @throws StudioError invalid_file if none can be read. */
export async function readHead(files: TextFiles, format: RowFormat, options: ParameterValues): Promise<RawRow[]> {
  const head: RawRow[] = [];
  const [path = ''] = files.train;
  for (const file of files.train) {
    if (head.length >= headRows) break;
    for await (const rows of format.rows(file, { options })) {
      head.push(...rows.slice(0, headRows - head.length));
      if (head.length >= headRows) break;
    }
  }
  const [first] = head;
  if (first === undefined) throw new StudioError('invalid_file', `${path} has no rows.`, 'Give a file with rows.');
  if (head.every((row) => row.fault !== null))
    throw new StudioError(
      'invalid_file',
      `${path}: none of the first ${head.length} rows can be read; row ${first.row} ${first.fault}.`,
    );
  return head;
}

/** @throws StudioError invalid_input if options fit no column. */
export function planOf(files: TextFiles, head: readonly RawRow[], options: ParameterValues): TextPlan {
  const names = columnNames(head.filter((row) => row.fault === null));
  const [path = ''] = files.train;
  const mapping = mapColumns(path, head, options);
  return {
    columnNames: names,
    options,
    mapping,
    parts: partsOf(files, names, options, togetherIn(mapping.columns)),
  };
}

/** Column whose equal values stay in one split where it is drawn: the text of several questions, an anchor with several positives. */
function togetherIn({ answers, context, anchor, completion }: TextPlan['mapping']['columns']): string | null {
  if (answers !== null) return context;
  return completion === null ? anchor : null;
}

/** Returns the guesses about the columns, in sentences. */
export function notesOf({ mapping }: TextPlan): string[] {
  const { tagFormat, columns } = mapping;
  return [tagFormat?.note ?? null, preferenceNote(columns), anchorNote(columns)].flatMap((note) => note ?? []);
}

/** @param together column whose equal values stay in one split where it is drawn */
function partsOf(
  { train, test }: TextFiles,
  names: readonly string[],
  options: ParameterValues,
  together: string | null,
): TextPlan['parts'] {
  const isOne = train.length + test.length === 1;
  const parts = (paths: readonly string[], rule: SplitRule): TextPlan['parts'] =>
    paths.map((path) => ({ path, prefix: isOne ? '' : `${basename(path)}, `, rule }));
  return test.length === 0
    ? parts(train, splitRule(train[0] ?? '', names, options, together))
    : [...parts(train, splitByFile('train')), ...parts(test, splitByFile('test'))];
}

/** All rows in batches, in file order. `split` skips the files of the other split. */
export async function* readTexts(
  { mapping, parts, options }: TextPlan,
  format: RowFormat,
  { split, onBytes }: { split?: 'train' | 'test'; onBytes?: BytesListener | undefined } = {},
): AsyncGenerator<ReadRow[]> {
  let place = 0;
  for (const { path, prefix, rule } of parts) {
    if (split !== undefined && rule.only !== null && rule.only !== split) continue;
    for await (const rows of format.rows(path, { options, onBytes }))
      yield rows.map((row): ReadRow => {
        const where = `${prefix}row ${row.row}`;
        const content = readExample(row, mapping);
        const assigned = rule.assign(row, place++);
        if (typeof content === 'string') {
          const mended = typeof assigned === 'string' ? repairedExample(row, mapping) : null;
          const fault = { kind: 'fault', where, message: content, lines: row.lines } as const;
          if (mended === null || typeof assigned !== 'string') return fault;
          const { content: whole, changes } = mended;
          return { ...fault, repaired: { row: where, changes: [...changes], split: assigned, ...whole } };
        }
        if (typeof assigned !== 'string') return { kind: 'left-out', where, message: assigned.leftOut };
        return { kind: 'example', example: { row: where, split: assigned, ...content } };
      });
  }
}
