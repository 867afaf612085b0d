import { resolve } from 'node:path';
import type { DatasetDescription, TextDescription, TextExample } from '../../src-shared/domain/dataset.ts';
import type { ParameterValues } from '../../src-shared/domain/parameter.ts';
import type { OpenTexts } from '../engine/data/dataset.ts';
import { datasetReaders, detectReader } from '../engine/data/readers/index.ts';
import { formatCount } from './format.ts';
import { givenParameters } from './method-options.ts';
import type { ProgressLine } from './progress-line.ts';

/** --set name=value as options of the reader that `path` is for. */
export async function readerOptionsOf(path: string, set: Record<string, string>): Promise<ParameterValues> {
  if (Object.keys(set).length === 0) return {};
  const { reader } = await detectReader(resolve(path));
  return givenParameters(
    datasetReaders.map(({ declaration }) => declaration),
    reader,
    { set },
  );
}

/** Reads every row, with the count of them on the line. */
export function describeShowing(data: OpenTexts, line: ProgressLine): Promise<DatasetDescription> {
  let shown = 0;
  return data.describe({
    onRead: ({ rows }) => {
      if (rows - shown < 10_000) return;
      shown = rows;
      line.show({ phase: 'Reading', done: rows, total: 0, unit: 'rows', perSecond: null, etaSeconds: null });
    },
  });
}

/** Label and value of what there is to say about texts. */
export function textFacts(text: TextDescription): (readonly [string, string])[] {
  const taken = Object.entries(text.columns).flatMap(([role, column]) =>
    column === null ? [] : [`${role}=${column}`],
  );
  const { duplicates } = text;
  return [
    ['shape', text.shape],
    ['columns', text.columnNames.join(', ')],
    ['taken as', taken.join(' ')],
    ['labels are', text.labelKind],
    ['split', text.splitRule],
    ['rows', `${formatCount(text.rowCount)}, of them ${formatCount(text.faultyRows)} faulty and left out`],
    [
      'repeated',
      `${formatCount(duplicates.withinTrain)} rows in train, ${formatCount(duplicates.withinTest)} in test; ${formatCount(duplicates.across)} texts in both (of ${formatCount(duplicates.comparedRows)} rows)`,
    ],
    [
      'nearly repeated',
      `${formatCount(duplicates.nearAcross)} test rows, in train (${formatCount(duplicates.nearComparedRows)} rows compared)`,
    ],
  ];
}

/** An example as lines to read. */
export function drawText(example: TextExample): string {
  const label = Array.isArray(example.label) ? example.label.join(', ') : example.label;
  const parts: (readonly [string, string | null])[] = [
    ['text', example.text],
    ['text_pair', example.textPair],
    ['choices', example.choices?.join(' | ') ?? null],
    ['prompt', example.prompt],
    ['completion', example.completion],
    ...(example.messages ?? []).map(({ role, content }) => [role, content] as const),
  ];
  const lines = parts.flatMap(([name, value]) => (value === null ? [] : [`  ${name}: ${value}\n`]));
  return `${example.split} ${example.row}${label === null ? '' : `: ${label}`}\n${lines.join('')}`;
}
