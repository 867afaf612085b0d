import { resolve } from 'node:path';
import { accountingLines } from '../../src-shared/domain/data/accounting.ts';
import type { DatasetDescription, TextDescription, TextExample } from '../../src-shared/domain/data/dataset.ts';
import { pairTexts } from '../../src-shared/domain/data/pair-texts.ts';
import { type ChatMessage, isExcluded, messageText } from '../../src-shared/domain/generation/chat-message.ts';
import type { ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import { preferenceOf } from '../../src-shared/tasks/preference.ts';
import { catalog, detectDataset } from '../backend/index.ts';
import { formatCount, formatTable } from './format.ts';
import { givenParameters, hasMethodOptions } from './method-options.ts';

/** Collects the command-line settings for reading `path` as options of its reader. */
export async function readerOptionsOf(
  path: string,
  given: Readonly<Record<string, unknown>>,
): Promise<ParameterValues> {
  if (!hasMethodOptions(catalog.datasetReaders, given)) return {};
  const { reader } = await detectDataset(resolve(path), { files: String(given['files'] ?? '') });
  return givenParameters(catalog.datasetReaders, reader, given);
}

/** Labels and values that describe a text dataset. */
export function summarizeText(text: TextDescription): (readonly [string, string])[] {
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
    ...(text.notes ?? []).map((note) => ['file', note] as const),
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

/** The use of every column and row as a table; empty for records of older versions. */
export function drawAccounting({ accounting }: Pick<TextDescription, 'accounting'>): string {
  if (accounting === undefined) return '';
  return formatTable(
    ['what', 'is', 'for or because'],
    accountingLines(accounting).map(({ what, is, detail }) => [what, is, detail]),
  );
}

/** The same of images, where they were compared. */
export function summarizeImages({ duplicates }: Pick<DatasetDescription, 'duplicates'>): (readonly [string, string])[] {
  if (duplicates === undefined) return [];
  return [
    [
      'repeated',
      `${formatCount(duplicates.withinTrain)} images in train, ${formatCount(duplicates.withinTest)} in test; ${formatCount(duplicates.across)} in both (of ${formatCount(duplicates.comparedImages)})`,
    ],
    [
      'nearly repeated',
      `${formatCount(duplicates.nearAcross)} test images, in train (${formatCount(duplicates.nearComparedImages)} images compared)`,
    ],
  ];
}

/** An example as lines to read. */
export function drawText(example: TextExample): string {
  const label = Array.isArray(example.label) ? example.label.join(', ') : example.label;
  const parts: (readonly [string, string | null])[] = [
    ['text', taggedText(example) ?? example.text],
    ['text_pair', example.textPair],
    ...pairTexts(example),
    ['choices', example.choices?.join(' | ') ?? null],
    ...(example.answers === undefined
      ? ([
          ['prompt', example.prompt],
          [example.rejected === undefined ? 'completion' : 'chosen', example.completion],
        ] as const)
      : ([
          ['question', example.question ?? ''],
          ['answers', example.answers.map(({ text }) => text).join(' | ') || 'none'],
          ['context', example.context ?? ''],
        ] as const)),
    ['rejected', typeof example.rejected === 'string' ? example.rejected : null],
    ...turnsOf(example),
    ['wanted', example.desirable === undefined ? null : String(example.desirable)],
  ];
  const lines = parts.flatMap(([name, value]) => (value === null ? [] : [`  ${name}: ${value}\n`]));
  return `${example.split} ${example.row}${label === null ? '' : `: ${label}`}\n${lines.join('')}`;
}

/** The turns of a conversation, each with its name; of two that differ in their answers, the shared ones once. */
function turnsOf(example: TextExample): [name: string, text: string][] {
  const named = (turns: readonly ChatMessage[], prefix = '') =>
    turns.map((turn): [string, string] => [
      `${prefix}${turn.role}${turn.role === 'assistant' && isExcluded(turn) ? ' (not in the loss)' : ''}`,
      messageText(turn),
    ]);
  const { asked, chosen, rejected } = preferenceOf(example);
  if (rejected.length === 0) return named(example.messages ?? []);
  return [...named(asked), ...named(chosen, 'chosen: '), ...named(rejected, 'rejected: ')];
}

/** Words with the tags of those that have an entity: "[B-LOC Paris]". */
function taggedText({ words, tags }: TextExample): string | null {
  if (words === undefined || tags === undefined) return null;
  return words.map((word, at) => ((tags[at] ?? 'O') === 'O' ? word : `[${tags[at]} ${word}]`)).join(' ');
}
