import { StudioError } from '../../../../src-shared/contract/errors.ts';
import {
  noColumns,
  type TextColumns,
  type TextShape,
  textColumnRoles,
} from '../../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { findLayout } from '../layouts/index.ts';
import { type FoundLayout, withMade } from '../layouts/layout.ts';
import { anchorColumns, missingAnchorRole } from './anchors.ts';
import { answerColumns, missingAnswerRole } from './answers.ts';
import { readChoices } from './choices.ts';
import { columnNamed, knownNames, plain } from './known-columns.ts';
import { type LabelNotation, labelNotationOf } from './label-cells.ts';
import { listColumns, withLists } from './list-cells.ts';
import { type NumberFormat, numberFormatOf } from './number-format.ts';
import { preferenceColumns } from './preferences.ts';
import { cellOf, isConversation, isObject, numberedName, type RawRow } from './raw-row.ts';
import { flagColumns, type OneHot, oneHotOf, severalColumns } from './several-labels.ts';
import { type TagFormat, tagFormatOf, taggedColumns } from './tags.ts';
import { holdsTurns, toolsColumn, turnsOf } from './turns.ts';

/** Roles of a file's columns. */
export interface Mapping {
  readonly shape: TextShape;
  readonly columns: TextColumns;
  /** Layout of rows whose labels are zeros and ones, one for each label. */
  readonly oneHot: OneHot | null;
  /** Format of numeric labels. */
  readonly numbers: NumberFormat | null;
  /** Format of the words' tags. */
  readonly tagFormat: TagFormat | null;
  /** Notation of the labels; null without a column of classes. */
  readonly labels: LabelNotation | null;
  /** Columns whose cells have lists as text. */
  readonly lists: readonly string[];
  /** True if a row becomes a conversation. */
  readonly isTalk: boolean;
  /** The known layout of the file, if it has assigned the columns. */
  readonly layout: FoundLayout | null;
}

type Guess = Pick<Mapping, 'shape' | 'columns'>;

/**
 * Guesses the roles of a file's columns from the first rows; `options` (a column's name for a role) take precedence.
 * @throws StudioError invalid_input if an option names no column of the file, or no column is text.
 */
export function mapColumns(path: string, head: readonly RawRow[], options: ParameterValues): Mapping {
  const written = head.filter((row) => row.fault === null);
  const own = columnNames(written);
  const found = findLayout(written, own);
  const made = written.map((row) => withMade(row, found?.made ?? []));
  const names = [...own, ...madeNames(found)];
  const stated = statedColumns(path, { rows: made, names }, options);
  const lists = listColumns(made, names, stated);
  const readable = made.map((row) => withLists(row, lists));
  const mayGuess = options['guess_columns'] !== false;
  const isStated = Object.keys(stated).length > 0;
  if (found?.layout.refusal !== undefined && mayGuess && !isStated)
    throw new StudioError('invalid_input', `${path} ${found.layout.refusal.message}.`, found.layout.refusal.hint);
  const guessed = found?.layout.refusal === undefined ? found : null;
  const mapping = mappingOf(readable, guessed ?? guess(readable, names), stated, mayGuess);
  const { text, prompt, completion, messages, words, tags, answers, anchor } = mapping.columns;
  const lacking = missingAnswerRole(mapping.columns);
  if (lacking !== null)
    throw new StudioError(
      'invalid_input',
      `A question on a text needs the columns of question, context and answers, but ${lacking} has none: ${path} has ${listNames(names)}.`,
      `Name it, e.g. ${lacking}=NAME.`,
    ).at(lacking);
  const alone = missingAnchorRole(mapping.columns);
  if (alone !== null)
    throw new StudioError(
      'invalid_input',
      `Pairs for embeddings need the columns of anchor and positive, but ${alone} has none: ${path} has ${listNames(names)}.`,
      `Name it, e.g. ${alone}=NAME.`,
    ).at(alone);
  if ([text, messages, completion, prompt, words, answers, anchor].every((column) => column === null))
    throw new StudioError(
      'invalid_input',
      mayGuess
        ? `${path} has the columns ${listNames(names)}, none of which looks like text.`
        : `No column of ${path} is named to read from: it has ${listNames(names)}.`,
      'Name one, e.g. text=NAME.',
    ).at('text');
  const { label } = mapping.columns;
  const several = label === null ? null : severalColumns(label, names);
  const oneHot = several === null ? label !== null && oneHotOf(readable, label) : { columns: several };
  const numbers = label === null || mapping.columns.choices !== null ? null : numberFormatOf(readable, label);
  const tagFormat = words === null ? null : tagFormatOf(readable, { tags }, options);
  const hasClasses = label !== null && mapping.columns.choices === null && !oneHot;
  const labels = hasClasses ? labelNotationOf(readable, label, options) : null;
  const isTalk = isConversational(readable, mapping.columns);
  return { ...mapping, oneHot: oneHot || null, numbers, tagFormat, labels, lists, isTalk, layout: guessed };
}

/** Names of the columns that a layout makes of others. */
export function madeNames(found: FoundLayout | null): string[] {
  return (found?.made ?? []).map(({ name }) => name);
}

/** Returns true if rows with these columns are conversations: messages, earlier turns, tools, or answers that are turns. */
function isConversational(
  rows: readonly RawRow[],
  { messages, history, tools, completion, prompt }: TextColumns,
): boolean {
  if (messages !== null || history !== null || tools !== null) return true;
  return completion !== null && prompt !== null && hasTurns(rows, completion);
}

function mappingOf(rows: readonly RawRow[], guessed: Guess, stated: Partial<TextColumns>, mayGuess: boolean): Guess {
  if (!mayGuess)
    return { shape: shapeOf(rows, guessed, { ...noColumns, ...stated }), columns: { ...noColumns, ...stated } };
  if (Object.keys(stated).length === 0) return { shape: guessed.shape, columns: guessed.columns };
  const columns = combine(guessed.columns, stated);
  return { shape: shapeOf(rows, guessed, columns), columns };
}

function shapeOf(rows: readonly RawRow[], guessed: Guess, columns: TextColumns): TextShape {
  if (isConversational(rows, columns)) {
    const turns = columns.messages ?? columns.completion;
    return turns !== null && hasTurns(rows, turns, 'from') ? 'sharegpt' : 'messages';
  }
  const { prompt, input, completion } = guessed.columns;
  const asGuessed = columns.prompt === prompt && columns.input === input && columns.completion === completion;
  return guessed.shape === 'alpaca' && asGuessed ? 'alpaca' : 'columns';
}

/** All columns of the rows, in order of first appearance, and the texts and conversations within objects (data.messages). */
export function columnNames(rows: readonly RawRow[]): string[] {
  const outer = new Set(rows.flatMap(({ cells }) => Object.keys(cells)));
  const inner = new Set(rows.flatMap(({ cells }) => [...innerNames(cells)]));
  return [...outer, ...[...inner].slice(0, maxNestedColumns)];
}

const maxNestedColumns = 100;
const deepestInner = 3;

function* innerNames(cells: Readonly<Record<string, unknown>>, way: readonly string[] = []): Generator<string> {
  for (const [name, value] of Object.entries(cells)) {
    const place = [...way, name];
    if (isObject(value) && place.length < deepestInner) yield* innerNames(value, place);
    else if (way.length > 0 && (typeof value === 'string' || isConversation(value))) yield place.join('.');
  }
}

function statedColumns(
  path: string,
  { rows, names }: { readonly rows: readonly RawRow[]; readonly names: readonly string[] },
  options: ParameterValues,
): Partial<TextColumns> {
  const stated: Partial<TextColumns> = {};
  for (const role of textColumnRoles) {
    const name = String(options[role] ?? '');
    if (name === '') continue;
    const isSeveral = (role === 'label' || role === 'negative') && severalColumns(name, names) !== null;
    const isWithin = name.includes('.') && rows.some(({ cells }) => cellOf(cells, name) !== undefined);
    if (!names.includes(name) && !isWithin && !isSeveral)
      throw new StudioError(
        'invalid_input',
        `${path} has no column "${name}" for ${role}.`,
        `Its columns: ${listNames(names)}.`,
      ).at(role);
    stated[role] = name;
  }
  return stated;
}

/**
 * Given columns replace guessed ones; a given training target (text, a completion, a conversation) replaces all
 * guesses.
 */
function combine(guessed: TextColumns, stated: Partial<TextColumns>): TextColumns {
  if ((stated.rejected || stated.desirable) && !(stated.messages || stated.completion || stated.prompt)) {
    const { prompt, input, system, history, messages, completion, tools } = guessed;
    return { ...noColumns, prompt, input, system, history, messages, completion, tools, ...stated };
  }
  if (stated.messages) return { ...noColumns, tools: guessed.tools, system: guessed.system, ...stated };
  if (stated.question || stated.context || stated.answers) {
    const { question, context, answers } = guessed;
    return { ...noColumns, question, context, answers, ...stated };
  }
  if (stated.anchor || stated.positive || stated.negative) {
    const { anchor, positive, negative } = guessed;
    return { ...noColumns, anchor, positive, negative, ...stated };
  }
  if (stated.words || stated.tags) return { ...noColumns, words: guessed.words, tags: guessed.tags, ...stated };
  if (stated.completion || stated.prompt) return { ...noColumns, ...stated };
  if (stated.text || stated.text_pair) {
    const label = [stated.text, stated.text_pair].includes(guessed.label) ? null : guessed.label;
    return { ...noColumns, label, text: guessed.text, ...stated };
  }
  const text = guessed.text === stated.label ? null : guessed.text;
  return { ...guessed, text, ...stated };
}

/** Returns true if the column contains conversations, with this key in their turns. */
function hasTurns(rows: readonly RawRow[], column: string, key?: 'role' | 'from'): boolean {
  return rows.some(({ cells }) => {
    const cell = cellOf(cells, column);
    // An object by itself may have the same keys, e.g. the head of an email.
    return !isObject(cell) && holdsTurns(cell, key);
  });
}

function guess(rows: readonly RawRow[], names: readonly string[]): Guess {
  const preferences = preferenceColumns(rows, names);
  if (preferences !== null) return preferences;
  // Beside an answer, a history is what precedes its prompt.
  const isBefore = (name: string) =>
    knownNames.history.includes(plain(name)) && columnNamed(names, knownNames.completion) !== undefined;
  const turns = (key: 'role' | 'from') => names.find((name) => !isBefore(name) && hasTurns(rows, name, key));
  const messages = turns('role');
  const beside = besideTalk(names);
  // A conversation in two parts, as in TRL: turns that ask, and the turns or the text to learn.
  const answer = columnNamed(names, knownNames.completion, (name) => name !== messages);
  if (messages !== undefined && answer !== undefined && isAsked(rows, messages))
    return { shape: 'messages', columns: { ...noColumns, messages, completion: answer, ...beside } };
  if (messages !== undefined) return { shape: 'messages', columns: { ...noColumns, messages, ...beside } };
  const conversations = turns('from');
  if (conversations !== undefined)
    return { shape: 'sharegpt', columns: { ...noColumns, messages: conversations, ...beside } };

  const answered = answerColumns(rows, names);
  if (answered !== null) return { shape: 'columns', columns: { ...noColumns, ...answered } };
  const anchored = anchorColumns(rows, names);
  if (anchored !== null) return { shape: 'columns', columns: { ...noColumns, ...anchored } };
  const tagged = taggedColumns(rows, names);
  if (tagged !== null) return { shape: 'columns', columns: { ...noColumns, ...tagged } };

  const firstOf = (wanted: readonly string[]): string | null => columnNamed(names, wanted) ?? null;
  const named = (role: keyof typeof knownNames): string | null => firstOf(knownNames[role]);
  const choices = named('choices');
  if (choices !== null && rows.some(({ cells }) => readChoices(cellOf(cells, choices)) !== null)) {
    const answer = firstOf(['answer', 'answerkey', 'answeridx', 'gold', 'correct']) ?? named('label');
    const besides = [choices, answer];
    const asked = firstOf(['question', 'questionstem', 'ctx', 'query', 'prompt']) ?? named('text');
    const text = besides.includes(asked) ? null : asked;
    return {
      shape: 'columns',
      columns: { ...noColumns, choices, label: answer, text: text ?? longestColumn(rows, names, answer) },
    };
  }
  const [prompt, completion, label] = [named('prompt'), named('completion'), named('label')];
  const isAnswered =
    prompt !== null && completion !== null && (label === null || isInstruction(prompt, completion, label));
  const tools = toolsColumn(rows, names);
  if (isAnswered)
    return {
      shape:
        (named('history') ?? tools) !== null
          ? 'messages'
          : plain(prompt) === 'instruction' && plain(completion) === 'output'
            ? 'alpaca'
            : 'columns',
      columns: {
        ...noColumns,
        prompt,
        completion,
        input: named('input') ?? firstOf(['context']),
        system: named('system'),
        history: named('history'),
        tools,
        // Query and matching passage.
        ...(plain(prompt) === 'query' && plain(completion) === 'answer'
          ? { anchor: prompt, positive: completion }
          : {}),
      },
    };
  const answers = names.find((name) => name === 'answers' && rows.some(({ cells }) => isObject(cellOf(cells, name))));
  if (answers !== undefined && firstOf(['question']) !== null)
    return {
      shape: 'columns',
      columns: { ...noColumns, prompt: firstOf(['context']), input: firstOf(['question']), completion: answers },
    };
  const text = named('text') ?? longestColumn(rows, names, label);
  const pair = named('text_pair');
  const labels = label ?? flagColumns(rows, names) ?? categoryColumn(rows, names, text);
  return { shape: 'columns', columns: { ...noColumns, text, label: labels, text_pair: pair === text ? null : pair } };
}

/**
 * Returns true for an instruction with its answer. A category beside them does not make it a classification row
 * (Dolly).
 */
function isInstruction(prompt: string, completion: string, label: string): boolean {
  return (
    ['instruction', 'prompt'].includes(plain(prompt)) &&
    ['output', 'response', 'completion'].includes(plain(completion)) &&
    !['label', 'labels'].includes(plain(label))
  );
}

const longestCategory = 50;

/** In a table without names, returns the column with the fewest different short values. */
function categoryColumn(rows: readonly RawRow[], names: readonly string[], text: string | null): string | null {
  if (!names.every((name, index) => name === numberedName(index) || name === String(index))) return null;
  let fewest: { name: string; count: number } | null = null;
  for (const name of names) {
    const values = rows.map(({ cells }) => String(cellOf(cells, name) ?? ''));
    const count = new Set(values).size;
    const isFit = name !== text && count >= 2 && 2 * count <= rows.length;
    if (isFit && values.every((value) => value.length <= longestCategory) && count < (fewest?.count ?? Infinity))
      fewest = { name, count };
  }
  return fewest?.name ?? null;
}

/** The column with the most text. */
function longestColumn(rows: readonly RawRow[], names: readonly string[], besides: string | null): string | null {
  let longest: { name: string; length: number } | null = null;
  for (const name of names) {
    if (name === besides) continue;
    let length = 0;
    for (const { cells } of rows) {
      const cell = cellOf(cells, name);
      if (typeof cell === 'string' && Number.isNaN(Number(cell))) length += cell.length;
    }
    if (length > (longest?.length ?? 0)) longest = { name, length };
  }
  return longest?.name ?? null;
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown || 'none';
}

/** Returns true if a column has turns that another one answers: by its name, or because none ends with an answer. */
function isAsked(rows: readonly RawRow[], column: string): boolean {
  if (plain(column) === 'prompt') return true;
  const last = rows.flatMap(({ cells }) => {
    const turns = turnsOf(cellOf(cells, column));
    const turn: unknown = Array.isArray(turns) ? turns.at(-1) : undefined;
    return isObject(turn) ? [turn['role'] ?? turn['from']] : [];
  });
  return last.length > 0 && last.every((role) => role === 'user' || role === 'human');
}

/** Columns beside the messages of a row: its system prompt and its tools. */
function besideTalk(names: readonly string[]): Pick<TextColumns, 'system' | 'tools'> {
  return {
    system: columnNamed(names, knownNames.system) ?? null,
    tools: columnNamed(names, knownNames.tools) ?? null,
  };
}
