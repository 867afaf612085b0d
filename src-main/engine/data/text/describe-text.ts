import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetDescription, TextDescription } from '../../../../src-shared/domain/data/dataset.ts';
import type { ReadWatch } from '../dataset.ts';
import type { DataSteps } from '../steps/data-steps.ts';
import { ExactDuplicates } from './exact-duplicates.ts';
import { contentKey, similarityKey } from './example.ts';
import { missingLabelQuestion } from './label-cells.ts';
import { LabelTally, likeLabels } from './label-tally.ts';
import { NearDuplicates } from './near-duplicates.ts';
import { RowProblems } from './problems.ts';
import type { RowFormat } from './raw-row.ts';
import { accountingOf, columnUseOf, notesOf, readTexts, type TextPlan } from './read-text.ts';

/** Rows in both splits that are listed, and characters of each. */
const [maxPairs, shownCharacters] = [24, 120];

/**
 * Reads all rows once and reports contents and problems. Memory does not grow with the file: problems, labels and
 * hashes are capped.
 * @throws StudioError invalid_file if no row is valid, or more than a few are not; invalid_input with an open question; the reason of the watch's signal.
 */
export async function describeTexts(
  plan: TextPlan,
  format: RowFormat,
  steps: ReturnType<DataSteps['begin']>,
  { onRead, signal, keepsFaults = false }: ReadWatch = {},
): Promise<DatasetDescription> {
  const { files } = plan;
  const problems = new RowProblems();
  const repairs = new RowProblems();
  const leftOut = new RowProblems();
  const use = columnUseOf(plan);
  const [labels, writtenLabels] = [new LabelTally(), new LabelTally()];
  const exact = new ExactDuplicates();
  const near = new NearDuplicates();
  const pairs: NonNullable<TextDescription['duplicates']['pairs']> = [];
  const counts = { train: 0, test: 0 };
  let rowCount = 0;
  let bytes = 0;
  const onBytes = (read: number): void => {
    bytes += read;
  };
  for await (const read of readTexts(plan, format, { onBytes, onRow: (row) => use.add(row) })) {
    signal?.throwIfAborted();
    for (const row of read) if (row.kind === 'example') writtenLabels.addExample(row.example);
    const rows = steps.take(read);
    rowCount += rows.length;
    onRead?.({ rows: rowCount, bytes, totalBytes: files.sizeBytes });
    for (const row of rows) {
      if (row.kind !== 'example') {
        if (row.kind === 'fault') problems.addFaulty(row.where, row.message, row.lines);
        else if (row.isByHand !== true) problems.add(row.where, row.message);
        leftOut.add(row.where, row.message);
        continue;
      }
      const { example } = row;
      counts[example.split]++;
      labels.addExample(example);
      for (const change of example.changes ?? []) repairs.add(example.row, change);
      const key = contentKey(example);
      near.add(similarityKey(example), example.split, example.row);
      if (exact.add(key, example.split)) {
        const isTest = example.split === 'test';
        const rows = { train: isTest ? null : example.row, test: isTest ? example.row : null };
        if (pairs.length < maxPairs) pairs.push({ kind: 'exact', ...rows, text: key.slice(0, shownCharacters) });
        problems.add(example.row, 'is also in the other split with the same text');
      }
    }
  }
  for (const { where, message } of plan.rowSteps.problems()) problems.add(where, message);
  rowCount += problems.swallowedRows;
  const nearAcross = near.across();
  for (const { where, like, text } of nearAcross.slice(0, maxPairs - pairs.length))
    pairs.push({ kind: 'near', train: like, test: where, text });
  for (const { where } of nearAcross)
    problems.add(
      where,
      'nearly repeats a training row, which inflates the test score: remove it from one of the splits',
    );
  const column = plan.mapping.columns.label ?? plan.mapping.columns.tags ?? '';
  if (labels.tooMany)
    problems.add(`column ${column}`, 'has more than 1000 different labels: choose another (label=NAME)');
  const question = plan.question ?? (plan.mapping.labels && missingLabelQuestion(column, labels.names(), plan.options));
  if (question !== null) {
    if (!keepsFaults) throw question;
    problems.add(`column ${column}`, `${question.message} ${question.hint ?? ''}`.trim());
  }
  const similar = likeLabels(writtenLabels, labels);
  for (const group of similar.filter(({ isMerged }) => !isMerged))
    problems.add(
      `column ${column}`,
      `has labels that differ by case or white space alone, ${group.labels.map((name) => `"${name}"`).join(' and ')}: merge them with the step merge-labels, or keep them as classes of their own`,
    );
  for (const tag of unknownTags(labels))
    problems.add(
      `column ${column}`,
      `has the tag ${tag} in test rows only, which no training row teaches: move some of them, or leave it out`,
    );
  const list = problems.list();
  const changes = repairs.list();
  const [worst] = list;
  if (counts.train + counts.test === 0)
    throw new StudioError(
      'invalid_file',
      `${files.train.join(', ')}: none of its ${rowCount} rows is a good example; ${worst?.where}: ${worst?.message}.`,
      `Columns: ${plan.columnNames.slice(0, 20).join(', ')}. Assign them, e.g. text=NAME.`,
    );
  const tooMany = problems.tooMany(rowCount, counts.train);
  if (tooMany !== null && !keepsFaults && plan.options['skip_faulty_rows'] !== true)
    throw new StudioError(
      'invalid_file',
      `${files.train.join(', ')}: ${tooMany}.`,
      'Correct them, choose how the file is read (the encoding, a column), or leave them out (skip_faulty_rows=true).',
    );
  const names = labels.names();
  return {
    task: 'text',
    labels: names,
    image: null,
    text: {
      shape: plan.mapping.shape,
      columnNames: [...plan.columnNames],
      columns: plan.mapping.columns,
      labelKind: labels.kind,
      splitRule: plan.parts[0]?.rule.description ?? '',
      rowCount,
      faultyRows: problems.faultyRows,
      notes: [
        ...((await format.notes?.(files.train[0] ?? '', plan.options)) ?? []),
        ...notesOf(plan),
        ...plan.rowSteps.notes(),
        ...steps.notes(),
      ],
      ...(changes.length === 0 ? {} : { repairs: changes }),
      accounting: accountingOf(plan, use, {
        count: rowCount,
        splits: counts,
        repaired: repairs.reasons(),
        leftOut: leftOut.reasons(),
        byStep: steps.leftOut(),
        labels: similar,
        isWhole: true,
      }),
      duplicates: {
        comparedRows: exact.compared,
        withinTrain: exact.within.train,
        withinTest: exact.within.test,
        across: exact.across,
        nearComparedRows: near.compared,
        nearAcross: nearAcross.length,
        ...(pairs.length === 0 ? {} : { pairs }),
      },
    },
    splits: (['train', 'test'] as const).map((name) => ({
      name,
      exampleCount: counts[name],
      perLabel: names.map((label) => labels.count(label, name)),
    })),
    problems: list,
    sizeBytes: files.sizeBytes,
  };
}

/** Tags of the test split that the training split lacks. */
function unknownTags(labels: LabelTally): string[] {
  if (labels.kind !== 'tags') return [];
  return labels.names().filter((name) => labels.count(name, 'train') === 0);
}
