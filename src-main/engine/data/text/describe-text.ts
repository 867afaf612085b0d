import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';
import type { ReadWatch } from '../dataset.ts';
import type { DataSteps } from '../steps/data-steps.ts';
import { ExactDuplicates } from './exact-duplicates.ts';
import { contentKey, similarityKey } from './example.ts';
import { LabelTally } from './label-tally.ts';
import { NearDuplicates } from './near-duplicates.ts';
import { RowProblems } from './problems.ts';
import type { RowFormat } from './raw-row.ts';
import { notesOf, readTexts, type TextPlan } from './read-text.ts';
import type { TextFiles } from './text-files.ts';

/**
 * Reads all rows once and reports contents and problems. Memory does not grow with the file: problems, labels and
 * hashes are capped.
 * @throws StudioError invalid_file if no row is valid, or more than a few are not; the reason of the watch's signal.
 */
export async function describeTexts(
  plan: TextPlan,
  files: TextFiles,
  format: RowFormat,
  steps: ReturnType<DataSteps['begin']>,
  { onRead, signal, keepsFaults = false }: ReadWatch = {},
): Promise<DatasetDescription> {
  const problems = new RowProblems();
  const repairs = new RowProblems();
  const labels = new LabelTally();
  const exact = new ExactDuplicates();
  const near = new NearDuplicates();
  const counts = { train: 0, test: 0 };
  let rowCount = 0;
  let bytes = 0;
  const onBytes = (read: number): void => {
    bytes += read;
  };
  for await (const read of readTexts(plan, format, { onBytes })) {
    signal?.throwIfAborted();
    const rows = steps.take(read);
    rowCount += rows.length;
    onRead?.({ rows: rowCount, bytes, totalBytes: files.sizeBytes });
    for (const row of rows) {
      if (row.kind !== 'example') {
        if (row.kind === 'fault') problems.addFaulty(row.where, row.message, row.lines);
        else problems.add(row.where, row.message);
        continue;
      }
      const { example } = row;
      counts[example.split]++;
      labels.addExample(example);
      for (const change of example.changes ?? []) repairs.add(example.row, change);
      const key = contentKey(example);
      near.add(similarityKey(example), example.split, example.row);
      if (exact.add(key, example.split))
        problems.add(example.row, 'is in both splits with the same text: remove it from one of them');
    }
  }
  rowCount += problems.swallowedRows;
  const nearAcross = near.across();
  for (const { where } of nearAcross)
    problems.add(where, 'nearly repeats a training row: a score on it says little, take it out of one of the splits');
  const column = plan.mapping.columns.label ?? plan.mapping.columns.tags ?? '';
  if (labels.tooMany)
    problems.add(`column ${column}`, 'has more than 1000 different labels: choose another (label=NAME)');
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
        ...steps.notes(),
      ],
      ...(changes.length === 0 ? {} : { repairs: changes }),
      duplicates: {
        comparedRows: exact.compared,
        withinTrain: exact.within.train,
        withinTest: exact.within.test,
        across: exact.across,
        nearComparedRows: near.compared,
        nearAcross: nearAcross.length,
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
