import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { noColumns, type TextColumns, type TextShape, textColumnRoles } from '../../../../src-shared/domain/dataset.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import { readChoices } from './choices.ts';
import { cellOf, isObject, type RawRow } from './raw-row.ts';

/** Roles of a file's columns. */
export interface Mapping {
  readonly shape: TextShape;
  readonly columns: TextColumns;
}

type Role = (typeof textColumnRoles)[number];

/** Column names of each role, compared without case, spaces, _ and -; the more specific ones first. */
const knownNames: Readonly<Record<Exclude<Role, 'messages' | 'tools'>, readonly string[]>> = {
  text: [
    'text',
    'sentence',
    'sentence1',
    'premise',
    'question',
    'question1',
    'content',
    'review',
    'body',
    'document',
    'subject',
    'title',
  ],
  text_pair: ['textpair', 'sentence2', 'hypothesis', 'question2', 'text2', 'pair', 'context'],
  label: ['label', 'labels', 'class', 'category', 'target', 'sentiment', 'genre', 'score', 'rating', 'stars', 'y'],
  choices: ['choices', 'options', 'endings'],
  prompt: ['prompt', 'instruction', 'question', 'query'],
  input: ['input'],
  completion: ['completion', 'output', 'response', 'answer', 'chosen'],
};

/**
 * Guesses the roles of a file's columns from the first rows; `options` (a column's name for a role) take precedence.
 * @throws StudioError invalid_input if an option names no column of the file, or no column is text.
 */
export function mapColumns(path: string, head: readonly RawRow[], options: ParameterValues): Mapping {
  const readable = head.filter((row) => row.fault === null);
  const names = columnNames(readable);
  const stated = statedColumns(path, names, options);
  const mayGuess = options['guess_columns'] !== false;
  const mapping = mappingOf(readable, names, stated, mayGuess);
  const { text, prompt, completion, messages } = mapping.columns;
  if (text === null && messages === null && completion === null && prompt === null)
    throw new StudioError(
      'invalid_input',
      mayGuess
        ? `${path} has the columns ${listNames(names)}, none of which looks like text.`
        : `No column of ${path} is named to read from: it has ${listNames(names)}.`,
      'Name one, e.g. --set text=NAME.',
    );
  return mapping;
}

function mappingOf(
  rows: readonly RawRow[],
  names: readonly string[],
  stated: Partial<TextColumns>,
  mayGuess: boolean,
): Mapping {
  const guessed = guess(rows, names);
  if (!mayGuess)
    return { shape: shapeOf(rows, guessed, { ...noColumns, ...stated }), columns: { ...noColumns, ...stated } };
  if (Object.keys(stated).length === 0) return guessed;
  const columns = combine(guessed.columns, stated);
  return { shape: shapeOf(rows, guessed, columns), columns };
}

function shapeOf(rows: readonly RawRow[], guessed: Mapping, columns: TextColumns): TextShape {
  if (columns.messages !== null) return hasTurns(rows, columns.messages, 'from') ? 'sharegpt' : 'messages';
  const { prompt, input, completion } = guessed.columns;
  const asGuessed = columns.prompt === prompt && columns.input === input && columns.completion === completion;
  return guessed.shape === 'alpaca' && asGuessed ? 'alpaca' : 'columns';
}

/** All columns of the rows, in order of first appearance. */
export function columnNames(rows: readonly RawRow[]): string[] {
  return [...new Set(rows.flatMap(({ cells }) => Object.keys(cells)))];
}

function statedColumns(path: string, names: readonly string[], options: ParameterValues): Partial<TextColumns> {
  const stated: Partial<TextColumns> = {};
  for (const role of textColumnRoles) {
    const name = String(options[role] ?? '');
    if (name === '') continue;
    if (!names.includes(name))
      throw new StudioError(
        'invalid_input',
        `${path} has no column "${name}" for ${role}.`,
        `Its columns: ${listNames(names)}.`,
      );
    stated[role] = name;
  }
  return stated;
}

/**
 * Given columns replace guessed ones; a given training target (text, a completion, a conversation) replaces all
 * guesses.
 */
function combine(guessed: TextColumns, stated: Partial<TextColumns>): TextColumns {
  if (stated.messages) return { ...noColumns, tools: guessed.tools, ...stated };
  if (stated.completion || stated.prompt) return { ...noColumns, ...stated };
  if (stated.text || stated.text_pair) {
    const label = [stated.text, stated.text_pair].includes(guessed.label) ? null : guessed.label;
    return { ...noColumns, label, text: guessed.text, ...stated };
  }
  const text = guessed.text === stated.label ? null : guessed.text;
  return { ...guessed, text, ...stated };
}

/** Whether the column holds lists of turns that have this key. */
function hasTurns(rows: readonly RawRow[], column: string, key: string): boolean {
  return rows.some(({ cells }) => {
    const cell = cellOf(cells, column);
    return Array.isArray(cell) && isObject(cell[0]) && Object.hasOwn(cell[0], key);
  });
}

function guess(rows: readonly RawRow[], names: readonly string[]): Mapping {
  const turns = (key: string) => names.find((name) => hasTurns(rows, name, key));
  const messages = turns('role');
  const tools = names.find((name) => name === 'tools') ?? null;
  // A conversation in two parts, as TRL has it: what is asked, and the turns to learn.
  const answer = names.find(
    (name) => plain(name) === 'completion' && name !== messages && hasTurns(rows, name, 'role'),
  );
  if (messages !== undefined && plain(messages) === 'prompt' && answer !== undefined)
    return { shape: 'messages', columns: { ...noColumns, messages, completion: answer, tools } };
  if (messages !== undefined) return { shape: 'messages', columns: { ...noColumns, messages, tools } };
  const conversations = turns('from');
  if (conversations !== undefined)
    return { shape: 'sharegpt', columns: { ...noColumns, messages: conversations, tools } };

  const firstOf = (wanted: readonly string[]): string | null => {
    for (const known of wanted) {
      const found = names.find((name) => plain(name) === known);
      if (found !== undefined) return found;
    }
    return null;
  };
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
  if (prompt !== null && completion !== null && label === null)
    return {
      shape: plain(prompt) === 'instruction' && plain(completion) === 'output' ? 'alpaca' : 'columns',
      columns: { ...noColumns, prompt, completion, input: named('input') },
    };
  const text = named('text') ?? longestColumn(rows, names, label);
  const pair = named('text_pair');
  return { shape: 'columns', columns: { ...noColumns, text, label, text_pair: pair === text ? null : pair } };
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

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown || 'none';
}
