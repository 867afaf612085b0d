import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { readNegatives } from './anchors.ts';
import { readAnswers } from './answers.ts';
import { CellProblem, contentCell, scalar, textCell } from './cell-text.ts';
import { chosenIndex, readChoices } from './choices.ts';
import type { Mapping } from './columns.ts';
import { isIdColumn } from './known-columns.ts';
import { isMissingLabel, partsOf } from './label-cells.ts';
import {
  answerTurns,
  askedTurns,
  conversation,
  messageCells,
  promptText,
  templateKwargsOf,
  toolsCell,
  withSystem,
} from './messages.ts';
import { plainNumber } from './number-format.ts';
import { conversationProblem, preferredText, wantedOf } from './preferences.ts';
import { cellOf, isObject, type RawRow } from './raw-row.ts';
import { flagOf, type OneHot } from './several-labels.ts';
import { readTaggedWords } from './tags.ts';

export type ExampleContent = Omit<TextExample, 'row' | 'split'>;
type Message = NonNullable<TextExample['messages']>[number];

/** Parses the example of a row; returns a string with the problem and its column otherwise. */
export function readExample(
  { cells, fault }: RawRow,
  { shape, isTalk, columns, oneHot, numbers, tagFormat, labels }: Mapping,
): ExampleContent | string {
  if (fault !== null) return fault;
  const text = (column: string | null, mayBeEmpty: boolean): string | null =>
    column === null ? null : contentCell(cellOf(cells, column), column, mayBeEmpty);
  try {
    const choices = columns.choices === null ? null : readChoices(cellOf(cells, columns.choices));
    if (columns.choices !== null && choices === null)
      throw new CellProblem(
        `${columns.choices} is no list of two or more different answers: write it as ["one", "other"]`,
      );
    const labelled = columns.label === null ? null : cellOf(cells, columns.label);
    const given =
      columns.label === null
        ? null
        : oneHot === null
          ? labelCell(labelled, columns.label, { numbers, labels })
          : setLabels(cells, columns.label, oneHot);
    const isNumber = typeof labelled === 'number' || typeof labelled === 'bigint' || labelled instanceof Number;
    const id = idOf(cells, columns);
    const { words: wordColumn, tags } = columns;
    const tagged =
      wordColumn === null || tagFormat === null ? null : readTaggedWords(cells, { words: wordColumn, tags }, tagFormat);
    if (typeof tagged === 'string') throw new CellProblem(tagged);
    const tools = columns.tools === null ? null : toolsCell(cellOf(cells, columns.tools), columns.tools);
    const templateKwargs = templateKwargsOf(cells);
    const content: ExampleContent = {
      ...(id === null ? {} : { id }),
      text: tagged === null ? text(columns.text, false) : tagged.words.join(' '),
      textPair: text(columns.text_pair, false),
      label: choices === null ? given : rightAnswer(choices, given, columns.label, isNumber),
      choices: choices === null ? null : [...choices.texts],
      prompt: isTalk ? null : promptText(cells, columns),
      completion: isTalk ? null : completionText(cells, columns.completion, text),
      messages: isTalk ? conversation(cells, columns, shape === 'sharegpt') : null,
      ...(tools === null ? {} : { tools }),
      ...(templateKwargs === null ? {} : { templateKwargs }),
      ...(tagged === null ? {} : { words: tagged.words }),
      ...(tagged?.tags ? { tags: tagged.tags } : {}),
    };
    if (columns.answers !== null) return { ...content, ...answered(cells, columns, text) };
    if (columns.anchor !== null) return { ...content, ...anchored(cells, columns, text) };
    return { ...content, ...preference(cells, columns, content, shape === 'sharegpt') };
  } catch (thrown) {
    if (thrown instanceof CellProblem) return thrown.message;
    throw thrown;
  }
}

/** A question on a text: for a language model, a prompt of both and the first answer. */
function answered(
  cells: RawRow['cells'],
  columns: Mapping['columns'],
  text: (column: string | null, mayBeEmpty: boolean) => string | null,
): Pick<ExampleContent, 'question' | 'context' | 'answers' | 'prompt' | 'completion'> {
  const column = columns.answers ?? '';
  const [question, context] = [text(columns.question, false) ?? '', text(columns.context, false) ?? ''];
  const answers = readAnswers(cellOf(cells, column), column, context);
  if (typeof answers === 'string') throw new CellProblem(answers);
  return { question, context, answers, prompt: `${context}\n\n${question}`, completion: answers[0]?.text ?? null };
}

/** An anchor with the text that belongs to it, and those that do not. */
function anchored(
  cells: RawRow['cells'],
  { anchor, positive, negative }: Mapping['columns'],
  text: (column: string | null, mayBeEmpty: boolean) => string | null,
): Pick<ExampleContent, 'anchor' | 'positive' | 'negatives'> {
  const negatives = negative === null ? [] : readNegatives(cells, negative);
  if (typeof negatives === 'string') throw new CellProblem(negatives);
  return { anchor: text(anchor, false) ?? '', positive: text(positive, false) ?? '', negatives };
}

/** Value of the row's own id, in a column that has no role. */
function idOf(cells: RawRow['cells'], columns: Mapping['columns']): string | null {
  const used = new Set(Object.values(columns));
  const name = Object.keys(cells).find((column) => isIdColumn(column) && !used.has(column));
  const value = name === undefined ? null : scalar(cellOf(cells, name));
  return value === null || value === '' || value.length > 1000 ? null : value;
}

function labelCell(
  cell: unknown,
  column: string,
  { numbers, labels }: Pick<Mapping, 'numbers' | 'labels'>,
): ExampleContent['label'] {
  if (Array.isArray(cell)) {
    const names = cell.slice(0, 1001).map(scalar);
    if (names.length > 1000 || names.some((name) => name === null || name === ''))
      throw new CellProblem(`${column} contains a list that is not one of labels: write it as ["one", "other"]`);
    return names.flatMap((name) => name ?? []);
  }
  const value = textCell(cell, column, false).trim();
  if (value.length > 1000)
    throw new CellProblem(`${column} has ${value.length} characters, too many for a label: choose another column`);
  if (labels?.hasMissing && isMissingLabel(value))
    throw new CellProblem(
      `${column} is "${value}", which stands for a missing value: fill it in, or leave the row out`,
    );
  if (labels?.separator) return partsOf(value, labels.separator);
  return numbers === null ? value : plainNumber(value, numbers);
}

/** The labels that are set: those of the columns with a one, or the places with a one in a list, from 0. */
function setLabels(cells: RawRow['cells'], label: string, oneHot: OneHot): string[] {
  const [names, values] =
    'columns' in oneHot
      ? [oneHot.columns, oneHot.columns.map((column) => cellOf(cells, column))]
      : [null, cellOf(cells, label)];
  const length = 'columns' in oneHot ? oneHot.columns.length : oneHot.length;
  if (!Array.isArray(values) || values.length !== length || values.some((value) => flagOf(value) === null))
    throw new CellProblem(
      names === null
        ? `${label} is not a list of ${length} zeros and ones, as in other rows`
        : `${label}: one of these columns is neither 0 nor 1`,
    );
  return values.flatMap((value, place) => (flagOf(value) ? [names?.[place] ?? String(place)] : []));
}

/** A completion, also where it is the first of SQuAD's {"text": […], "answer_start": […]}. */
function completionText(
  cells: RawRow['cells'],
  column: string | null,
  text: (column: string | null, mayBeEmpty: boolean) => string | null,
): string | null {
  const cell = column === null ? undefined : cellOf(cells, column);
  const answers = isObject(cell) ? cellOf(cell, 'text') : undefined;
  if (column === null || !Array.isArray(answers)) return text(column, false);
  if (answers.length === 0) throw new CellProblem(`${column} has no answer: leave the row out`);
  return textCell(answers[0], column, false);
}

/** The text of the choice that the label refers to. */
function rightAnswer(
  choices: NonNullable<ReturnType<typeof readChoices>>,
  label: ExampleContent['label'],
  column: string | null,
  isNumber: boolean,
): string {
  const index = typeof label === 'string' ? chosenIndex(choices, label, isNumber) : -1;
  const answer = choices.texts[index];
  if (answer !== undefined) return answer;
  throw new CellProblem(
    `${column ?? 'label'} is ${label === null ? 'missing' : `"${label}"`}, none of the ${choices.texts.length} choices: give the answer's text, its letter, or its number from 0`,
  );
}

/** Returns the preference fields of a row: the rejected answer with its prompt, or the flag of its answer. */
function preference(
  cells: RawRow['cells'],
  columns: Mapping['columns'],
  { prompt, completion, messages }: ExampleContent,
  sharegpt: boolean,
): Partial<ExampleContent> {
  const { rejected: column, desirable } = columns;
  const checked = <Value>(value: Value | string): Value => {
    if (typeof value === 'string') throw new CellProblem(value);
    return value;
  };
  if (desirable !== null) {
    if (messages === null && (prompt ?? '').trim() === '')
      throw new CellProblem(
        `${columns.prompt ?? 'the prompt'} is empty: an answer needs a prompt, fill it in or leave the row out`,
      );
    return { desirable: checked(wantedOf(cellOf(cells, desirable), desirable)) };
  }
  if (column === null) return {};
  const cell = cellOf(cells, column);
  if (messages === null) {
    const rejected = textCell(cell, column, false);
    if (columns.prompt !== null) return checked(preferredText(prompt, completion ?? '', rejected, columns));
    const answers = checked(preferredText(null, completion ?? '', rejected, columns));
    return prompt ? { ...answers, prompt: `${prompt}\n\n${answers.prompt}` } : answers;
  }
  if (cell === undefined || cell === null)
    throw new CellProblem(`${column} is missing: fill it in, or leave the row out`);
  const rejected =
    columns.completion === null
      ? withSystem(cells, columns, messageCells(cell, column, sharegpt))
      : [...askedTurns(cells, columns, sharegpt), ...answerTurns(cell, column, sharegpt)];
  const problem = conversationProblem(messages, rejected, columns);
  if (problem !== null) throw new CellProblem(problem);
  return { rejected };
}

/** Input and target text without the label, which identify an example. */
export function contentKey({ rejected, ...content }: ExampleContent): string {
  const other = rejected === undefined || typeof rejected === 'string' ? rejected : talkKey(rejected);
  return other === undefined ? answerKey(content) : `${answerKey(content)}\u0003${other}`;
}

/** Returns the text for finding near duplicates: for questions on a text, without the text that they share. */
export function similarityKey(content: ExampleContent): string {
  const { question, answers } = content;
  return answers === undefined ? contentKey(content) : `${question} ${answers[0]?.text ?? ''}`;
}

function answerKey({
  text,
  textPair,
  prompt,
  completion,
  messages,
  answers,
  anchor,
  positive,
}: Omit<ExampleContent, 'rejected'>): string {
  if (anchor !== undefined && prompt === null) return `${anchor}\u0002${positive}`;
  if (answers !== undefined) return prompt ?? '';
  if (messages !== null) return talkKey(messages);
  if (completion !== null || prompt !== null) return `${prompt ?? ''}\u0002${completion ?? ''}`;
  return textPair === null ? (text ?? '') : `${text ?? ''}\u0002${textPair}`;
}

function talkKey(messages: readonly Message[]): string {
  return messages.map(messageKey).join('\u0002');
}

function messageKey({ role, content, ...besides }: Message): string {
  const calls = besides['tool_calls'];
  return `${role}\u0001${content}${Array.isArray(calls) && calls.length > 0 ? JSON.stringify(calls) : ''}`;
}
