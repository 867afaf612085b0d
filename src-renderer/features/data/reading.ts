import { openQuestions, unusedColumnsOption } from '../../../src-shared/domain/data/accounting.ts';
import {
  type DatasetDescription,
  type TextColumns,
  type TextDescription,
  type TextInspection,
  textColumnRoles,
} from '../../../src-shared/domain/data/dataset.ts';
import { maxFaultyRows } from '../../../src-shared/domain/data/faulty-rows.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { dataStrings } from '../../strings/data.ts';

export type ColumnRole = (typeof textColumnRoles)[number];
/** Kind of training example that a row becomes. */
export const rowKinds = [
  'text',
  'tagged',
  'choice',
  'completion',
  'conversation',
  'preference',
  'answer',
  'question',
  'pair',
] as const;
export type RowKind = (typeof rowKinds)[number];
export type SplitBy = NonNullable<TextInspection['split']>['by'];

/** Settings for reading a file while the user edits them. */
export interface Reading {
  /** The dataset that is read again; null: one that is added. */
  readonly datasetId: string | null;
  readonly path: string;
  readonly reader: string;
  readonly name: string;
  /** Null: as the columns tell. */
  readonly kind: RowKind | null;
  readonly options: ParameterValues;
  /** Steps before each change that can be undone, and after each that can be redone. */
  readonly past?: readonly string[];
  readonly future?: readonly string[];
}

export const kindRoles: Readonly<Record<RowKind, readonly ColumnRole[]>> = {
  text: ['text', 'text_pair', 'label'],
  tagged: ['words', 'tags'],
  choice: ['text', 'choices', 'label'],
  completion: ['system', 'prompt', 'input', 'history', 'completion', 'tools'],
  conversation: ['system', 'messages', 'completion', 'tools'],
  preference: ['system', 'prompt', 'input', 'history', 'messages', 'completion', 'rejected', 'tools'],
  answer: ['system', 'prompt', 'input', 'history', 'messages', 'completion', 'desirable', 'tools'],
  question: ['question', 'context', 'answers'],
  pair: ['anchor', 'positive', 'negative'],
};
/** Without these columns nothing can be learned. */
const neededRoles: Readonly<Record<RowKind, readonly ColumnRole[]>> = {
  text: ['text'],
  tagged: ['words', 'tags'],
  choice: ['text', 'choices', 'label'],
  completion: ['completion'],
  conversation: ['messages'],
  preference: ['rejected'],
  answer: ['completion', 'desirable'],
  question: ['question', 'context', 'answers'],
  pair: ['anchor', 'positive'],
};
export const splitFields: Readonly<Record<SplitBy, readonly string[]>> = {
  share: ['test_fraction', 'seed'],
  column: ['split_column', 'test_split'],
  file: ['test_file'],
  stratified: ['test_fraction', 'seed'],
  group: ['group_column', 'test_fraction', 'seed'],
  time: ['time_column', 'test_fraction'],
};

export function kindOfColumns({
  messages,
  choices,
  completion,
  prompt,
  words,
  rejected,
  desirable,
  answers,
  anchor,
}: TextColumns): RowKind {
  if (answers !== null) return 'question';
  if (rejected !== null) return 'preference';
  if (desirable !== null) return 'answer';
  if (words !== null) return 'tagged';
  if (messages !== null) return 'conversation';
  if (choices !== null) return 'choice';
  if (completion !== null || prompt !== null) return 'completion';
  return anchor === null ? 'text' : 'pair';
}

/** The columns that the form shows: the stated ones once nothing is guessed, though they may not fit. */
export function shownColumns(options: ParameterValues, inspected: TextColumns): TextColumns {
  if (options['guess_columns'] !== false) return inspected;
  const stated = { ...inspected };
  for (const role of textColumnRoles) stated[role] = String(options[role] ?? '') || null;
  return stated;
}

/**
 * Options that read `column` (empty: none) as `role` and the other roles of this kind of row as they are shown; a column that
 * had another role loses it. Nothing is guessed from then on.
 */
export function withColumn(
  options: ParameterValues,
  shown: TextColumns,
  kind: RowKind,
  role: string,
  column: string,
): ParameterValues {
  const next = withoutColumns(options);
  for (const other of kindRoles[kind]) {
    const name = other === role ? column : shown[other];
    if (name !== null && name !== '' && (other === role || name !== column)) next[other] = name;
  }
  return { ...next, guess_columns: false };
}

/** Options for another kind of row: as guessed where the guess is of that kind, else still to be chosen. */
export function withKind(options: ParameterValues, kind: RowKind, guessedKind: RowKind | null): ParameterValues {
  return kind === guessedKind ? guessAgain(options) : { ...withoutColumns(options), guess_columns: false };
}

export function guessAgain(options: ParameterValues): ParameterValues {
  const { guess_columns: _, ...rest } = withoutColumns(options);
  return rest;
}

function withoutColumns(options: ParameterValues): ParameterValues {
  const roles = new Set<string>(textColumnRoles);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !roles.has(name)));
}

function isSplitBy(name: string): name is SplitBy {
  return Object.hasOwn(splitFields, name);
}

/** Returns the way of splitting that the fields show: the chosen one, else the detected one. */
export function shownSplit(options: ParameterValues, inspection: TextInspection | undefined): SplitBy {
  const chosen = String(options['split_by'] ?? '');
  return isSplitBy(chosen) ? chosen : (inspection?.split?.by ?? 'share');
}

/** Returns the choice that the file still needs before it can be read; null if none is missing. */
export function whatIsMissing(
  kind: RowKind,
  columns: TextColumns,
  by: SplitBy,
  splitValues: ParameterValues,
): string | null {
  const needed = neededRoles[kind].find((role) => columns[role] === null);
  if (needed !== undefined) return `Choose the column of the ${needed}.`;
  if (by === 'column' && !splitValues['split_column']) return 'Choose the split column.';
  if (by === 'file' && !splitValues['test_file']) return 'Choose the test file.';
  if (by === 'group' && !splitValues['group_column']) return 'Choose the group column.';
  if (by === 'time' && !splitValues['time_column']) return 'Choose the time column.';
  if (by === 'stratified' && columns.label === null) return 'Choose a label column, or another split.';
  return null;
}

/** Returns whether the faulty rows are too many to be skipped without the person's consent. */
export function hasTooManyFaults({ faultyRows = 0, rowsRead }: TextInspection, options: ParameterValues): boolean {
  return options['skip_faulty_rows'] !== true && faultyRows > maxFaultyRows(rowsRead);
}

/** Options that leave a column with content out on purpose. */
export function withoutContent(options: ParameterValues, column: string): ParameterValues {
  const before = String(options[unusedColumnsOption] ?? '').trim();
  return { ...options, [unusedColumnsOption]: before === '' ? column : `${before}, ${column}` };
}

/** Returns the reason why a fully specified file cannot be added; null if it can. */
export function whatIsWrong(inspection: TextInspection | undefined, options: ParameterValues = {}): string | null {
  if (inspection === undefined) return 'Reading the file…';
  if (inspection.misfit !== null) return 'These choices do not fit the file.';
  const [question] = inspection.accounting === undefined ? [] : openQuestions(inspection.accounting);
  if (question !== undefined) return dataStrings.accounting.unanswered(question.name);
  if (hasTooManyFaults(inspection, options))
    return dataStrings.tooManyFaults(inspection.faultyRows ?? 0, inspection.rowsRead);
  if (!inspection.rows.some((row) => row.kind === 'example')) return 'None of the first rows is a good example.';
  return null;
}

/**
 * Returns the reason why a split by a column would leave the test split empty: no row read has the value that marks
 * test rows. Null if one has, or while the column is unknown.
 */
export function unmatchedTestValue(
  specs: readonly ParameterSpec[],
  options: ParameterValues,
  inspection: TextInspection | undefined,
): string | null {
  const split = inspection?.split;
  if (split?.by !== 'column' || split.column === null || split.values.length === 0) return null;
  const value = String(options['test_split'] ?? specs.find(({ name }) => name === 'test_split')?.default ?? '');
  if (split.values.includes(value)) return null;
  return dataStrings.matchesNothing(value, inspection?.rowsRead ?? 0, split.column, split.values);
}

/** The options with what was found in place of what is not stated. */
export function splitValues(options: ParameterValues, inspection: TextInspection | undefined): ParameterValues {
  const found = inspection?.split;
  return { split_column: found?.column ?? '', test_file: found?.testFile ?? '', ...options };
}

export const kindWords: Readonly<Record<RowKind, string>> = {
  text: 'Texts',
  tagged: 'Words with tags',
  choice: 'Questions with choices',
  completion: 'Prompts and completions',
  conversation: 'Conversations',
  preference: 'Preferences (chosen, rejected)',
  answer: 'Answers, wanted or not',
  question: 'Questions on a text (SQuAD)',
  pair: 'Anchors and positives',
};

const namedLabels = 8;

/** Describes the labels of the rows read. */
export function labelsWords({ labelKind, labels, isWhole, rowsRead }: TextInspection): string {
  const named = labels.slice(0, namedLabels).join(', ');
  const names = labels.length > namedLabels ? `${named} and ${labels.length - namedLabels} more` : named;
  const words: Readonly<Record<TextDescription['labelKind'], string>> = {
    none: 'no label',
    numbers: 'numeric (regression)',
    classes: classWords(labels.length, names),
    sets: `several of ${labels.length} a row: ${names}`,
    tags: `${labels.length} tags: ${names}`,
  };
  return `Labels of ${isWhole ? 'all' : `the first ${rowsRead}`} rows: ${words[labelKind]}`;
}

function classWords(count: number, names: string): string {
  if (count === 0) return 'too many distinct values for classes';
  return count === 1 ? `1 class: ${names}. Classification needs at least two.` : `${count} classes: ${names}`;
}

/** Describes the task of a dataset in a few words: "Texts, 3 classes". */
export function taskWords({ text, labels }: Pick<DatasetDescription, 'text' | 'labels'>): string {
  const classes = labels.length === 1 ? '1 class' : `${labels.length} classes`;
  if (text === null) return `Image classification, ${classes}`;
  const words = kindWords[kindOfColumns(text.columns)];
  const labelled: Readonly<Record<TextDescription['labelKind'], string>> = {
    none: words,
    classes: labels.length === 0 ? `${words}, too many classes` : `${words}, ${classes}`,
    numbers: `${words}, each with a number`,
    sets: `${words}, several of ${labels.length} labels each`,
    tags: `${words}, ${labels.length} tags`,
  };
  return labelled[text.labelKind];
}
