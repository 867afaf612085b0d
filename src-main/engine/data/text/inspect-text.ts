import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LeftOut } from '../../../../src-shared/domain/data/accounting.ts';
import { noColumns, type ReadRow, type TextInspection } from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { DataSteps, stepsOf } from '../steps/data-steps.ts';
import { columnNames, madeNames, mapColumns } from './columns.ts';
import { contentKey } from './example.ts';
import { LabelTally, likeLabels } from './label-tally.ts';
import { RowProblems } from './problems.ts';
import { cellOf, type RawRow, type RowFormat } from './raw-row.ts';
import {
  accountingOf,
  columnUseOf,
  firstTexts,
  notesOf,
  planOf,
  readHead,
  readTexts,
  surveySplit,
  type TextPlan,
} from './read-text.ts';
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
  let names = columnNames(head.filter((row) => row.fault === null));
  let columns = noColumns;
  const isGuessed = options['guess_columns'] !== false;
  try {
    const mapping = mapColumns(path, head, options);
    ({ columns } = mapping);
    names = [...names, ...madeNames(mapping.layout)];
    const read = await findTextFiles(path, format, options);
    const plan = await planOf(read, format, head, options);
    if (plan.question !== null) throw plan.question;
    return {
      columnNames: names,
      notes: [...notes, ...notesOf(plan)],
      columns,
      isGuessed,
      ...(await readSome(plan, format)),
      split: describeSplit(plan, head, plan.files.test[0] ?? null),
      misfit: null,
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
    | 'accounting'
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
  await surveySplit(plan, format, { maxRows });
  await steps.prepareFirst(() => firstTexts(plan, format, maxRows));
  const [repairs, offers, leftOut] = [new RowProblems(), new RowProblems(), new RowProblems()];
  const use = columnUseOf(plan);
  const counts = { train: 0, test: 0 };
  const byStep: LeftOut[] = [];
  let repairableRows = 0;
  const shown: ReadRow[] = [];
  const problems = new RowProblems();
  const [labels, writtenLabels] = [new LabelTally(), new LabelTally()];
  let rowsRead = 0;
  let isWhole = true;
  const splits = [...Map.groupBy(plan.parts, ({ rule }) => rule.only).values()];
  const share = splits.length;
  for (const parts of splits) {
    const ofSplit: ReadRow[] = [];
    let characters = 0;
    let isFull = false;
    const reading = steps.begin();
    for await (const rows of readTexts({ ...plan, parts }, format, { onRow: (row) => use.add(row) })) {
      for (const row of rows) if (row.kind === 'example') writtenLabels.addExample(row.example);
      for (const row of reading.take(rows)) {
        if (ofSplit.length >= maxRows / share || characters >= maxCharacters / share) {
          isFull = true;
          break;
        }
        ofSplit.push(row.kind === 'fault' ? { kind: row.kind, where: row.where, message: row.message } : row);
        if (row.kind === 'example') {
          characters += contentKey(row.example).length;
          labels.addExample(row.example);
          counts[row.example.split]++;
          for (const change of row.example.changes ?? []) repairs.add(row.example.row, change);
        } else if (row.kind === 'fault') {
          problems.addFaulty(row.where, row.message, row.lines);
          if (row.repaired !== undefined) repairableRows++;
          for (const change of row.repaired?.changes ?? []) offers.add(row.where, change);
        } else if (row.isByHand !== true) problems.add(row.where, row.message);
        if (row.kind !== 'example') leftOut.add(row.where, row.message);
      }
      if (isFull) break;
    }
    isWhole &&= !isFull;
    byStep.push(...reading.leftOut());
    rowsRead += ofSplit.length;
    shown.push(...ofSplit.slice(0, shownRows / share));
  }
  const accounting = accountingOf(plan, use, {
    count: rowsRead + problems.swallowedRows,
    splits: counts,
    repaired: repairs.reasons(),
    leftOut: leftOut.reasons(),
    byStep,
    labels: likeLabels(writtenLabels, labels),
    isWhole,
  });
  const labelled = { labelKind: labels.kind, labels: labels.names() };
  return {
    rows: shown,
    accounting,
    ...labelled,
    rowsRead: rowsRead + problems.swallowedRows,
    ...{ isWhole, faultyRows: problems.faultyRows, repairableRows },
    problems: problems.list(),
    repairs: repairs.list(),
    offers: offers.list(),
  };
}
