import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { noColumns, type ReadRow, type TextInspection } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { DataSteps, stepsOf } from '../steps/data-steps.ts';
import { columnNames, mapColumns } from './columns.ts';
import { contentKey } from './example.ts';
import { LabelTally } from './label-tally.ts';
import { RowProblems } from './problems.ts';
import { cellOf, type RawRow, type RowFormat } from './raw-row.ts';
import { notesOf, planOf, readHead, readTexts, type TextPlan } from './read-text.ts';
import { findTextFiles } from './text-files.ts';

const maxRows = 1000;
/** Limit on the total text: long rows end the preview sooner, so that it stays fast. */
const maxCharacters = 4_000_000;
const shownRows = 50;
const shownValues = 20;

/**
 * Previews the head of a file read with `options`. Options that do not fit are reported, not thrown: they are still
 * being chosen.
 * @throws StudioError if the file itself cannot be read.
 */
export async function inspectTexts(path: string, format: RowFormat, options: ParameterValues): Promise<TextInspection> {
  const files = await findTextFiles(path, format, {});
  const head = await readHead(files, format, options);
  const notes = (await format.notes?.(files.train[0] ?? path, options)) ?? [];
  const names = columnNames(head.filter((row) => row.fault === null));
  let columns = noColumns;
  const isGuessed = options['guess_columns'] !== false;
  try {
    columns = mapColumns(path, head, options).columns;
    const read = await findTextFiles(path, format, options);
    const plan = planOf(read, head, options);
    return {
      columnNames: names,
      notes: [...notes, ...notesOf(plan)],
      columns,
      isGuessed,
      split: describeSplit(plan, head, read.test[0] ?? null),
      misfit: null,
      ...(await readSome(plan, format)),
    };
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    const misfit = { message: thrown.message, hint: thrown.hint };
    const nothing = { split: null, rows: [], labels: [], rowsRead: 0, isWhole: false, problems: [] };
    return { columnNames: names, notes, columns, isGuessed, misfit, labelKind: 'none', ...nothing };
  }
}

function describeSplit({ parts }: TextPlan, head: readonly RawRow[], testFile: string | null): TextInspection['split'] {
  const [first] = parts;
  if (first === undefined) return null;
  const { by, column, description } = first.rule;
  const seen = column === null ? [] : head.map(({ cells }) => String(cellOf(cells, column) ?? '').slice(0, 100));
  const values = [...new Set(seen.filter((value) => value !== ''))].slice(0, shownValues);
  return { by, rule: description, column, values, testFile };
}

/** The first rows of all files, or of each split. */
async function readSome(
  plan: TextPlan,
  format: RowFormat,
): Promise<
  Pick<
    TextInspection,
    | 'rows'
    | 'labelKind'
    | 'labels'
    | 'rowsRead'
    | 'isWhole'
    | 'faultyRows'
    | 'repairableRows'
    | 'problems'
    | 'repairs'
    | 'offers'
  >
> {
  const steps = new DataSteps(stepsOf(plan.options));
  await steps.prepareFirst(() => firstRows(plan, format));
  const [repairs, offers] = [new RowProblems(), new RowProblems()];
  let repairableRows = 0;
  const shown: ReadRow[] = [];
  const problems = new RowProblems();
  const labels = new LabelTally();
  let rowsRead = 0;
  let isWhole = true;
  const splits = [...Map.groupBy(plan.parts, ({ rule }) => rule.only).values()];
  const share = splits.length;
  for (const parts of splits) {
    const ofSplit: ReadRow[] = [];
    let characters = 0;
    let isFull = false;
    const reading = steps.begin();
    for await (const rows of readTexts({ ...plan, parts }, format)) {
      for (const row of reading.take(rows)) {
        if (ofSplit.length >= maxRows / share || characters >= maxCharacters / share) {
          isFull = true;
          break;
        }
        ofSplit.push(row.kind === 'fault' ? { kind: row.kind, where: row.where, message: row.message } : row);
        if (row.kind === 'example') {
          characters += contentKey(row.example).length;
          labels.addExample(row.example);
          for (const change of row.example.changes ?? []) repairs.add(row.example.row, change);
        } else if (row.kind === 'fault') {
          problems.addFaulty(row.where, row.message, row.lines);
          if (row.repaired !== undefined) repairableRows++;
          for (const change of row.repaired?.changes ?? []) offers.add(row.where, change);
        } else problems.add(row.where, row.message);
      }
      if (isFull) break;
    }
    isWhole &&= !isFull;
    rowsRead += ofSplit.length;
    shown.push(...ofSplit.slice(0, shownRows / share));
  }
  const labelled = { labelKind: labels.kind, labels: labels.names() };
  return {
    rows: shown,
    ...labelled,
    rowsRead: rowsRead + problems.swallowedRows,
    ...{ isWhole, faultyRows: problems.faultyRows, repairableRows },
    problems: problems.list(),
    repairs: repairs.list(),
    offers: offers.list(),
  };
}

async function* firstRows(plan: TextPlan, format: RowFormat): AsyncGenerator<ReadRow[]> {
  let left = maxRows;
  for await (const rows of readTexts(plan, format)) {
    yield rows.slice(0, left);
    left -= rows.length;
    if (left <= 0) return;
  }
}
