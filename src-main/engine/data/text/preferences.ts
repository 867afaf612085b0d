import {
  noColumns,
  type TextColumns,
  type TextExample,
  type TextShape,
} from '../../../../src-shared/domain/data/dataset.ts';
import { sharedTurns } from '../../../../src-shared/tasks/preference.ts';
import { sharegptRoles } from './chat-roles.ts';
import { knownNames, plain } from './known-columns.ts';
import { cellOf, isConversation, isObject, type RawRow } from './raw-row.ts';
import { toolsColumn, turnsOf } from './turns.ts';

type Message = NonNullable<TextExample['messages']>[number];

/** Columns of preferences in TRL's shapes, by their names and contents; null for other files. */
export function preferenceColumns(
  rows: readonly RawRow[],
  names: readonly string[],
): { readonly shape: TextShape; readonly columns: TextColumns } | null {
  const named = (wanted: readonly string[]) => names.find((name) => wanted.includes(plain(name))) ?? null;
  const cells = (name: string | null) => (name === null ? [] : rows.map((row) => cellOf(row.cells, name)));
  const [chosen, rejected] = [named(['chosen']), named(['rejected'])];
  const talks = (name: string | null) => cells(name).map(turnsOf).filter(isConversation);
  const prompt = named(knownNames.prompt);
  const beside = { system: named(knownNames.system), tools: named(knownNames.tools) };
  const before = { history: named(knownNames.history), input: named(knownNames.input) };
  // With earlier turns or tools, rows of texts are conversations.
  const ofTexts = { ...before, system: beside.system, tools: toolsColumn(rows, names) };
  const textShape = (ofTexts.history ?? ofTexts.tools) === null ? 'columns' : 'messages';
  if (chosen !== null && rejected !== null) {
    const answers = talks(chosen);
    if (answers.length === 0) {
      const columns = { ...noColumns, completion: chosen, rejected };
      return prompt === null
        ? { shape: 'columns', columns: { ...columns, system: beside.system } }
        : { shape: textShape, columns: { ...columns, prompt, ...ofTexts } };
    }
    const shape = answers.some((talk) => Object.hasOwn(firstTurn(talk), 'from')) ? 'sharegpt' : 'messages';
    // Answers that begin with the question have the prompt in themselves, whatever the other columns are.
    if (!answers.every(isAnswer)) return { shape, columns: { ...noColumns, messages: chosen, rejected, ...beside } };
    const asked = names.find((name) => askedNames.includes(plain(name)) && talks(name).length > 0);
    if (asked !== undefined)
      return { shape, columns: { ...noColumns, messages: asked, completion: chosen, rejected, ...beside } };
    if (prompt !== null)
      return { shape, columns: { ...noColumns, prompt, ...before, completion: chosen, rejected, ...beside } };
    return { shape, columns: { ...noColumns, messages: chosen, rejected, ...beside } };
  }
  const [completion, desirable] = [named(['completion']), named(['label'])];
  const labels = cells(desirable).filter((cell) => cell !== undefined && cell !== null);
  const areLabelled =
    labels.length > 0 && labels.every((cell) => typeof cell === 'boolean' || /^(true|false)$/i.test(String(cell)));
  if (prompt === null || completion === null || desirable === null || !areLabelled) return null;
  if (talks(prompt).length > 0)
    return { shape: 'messages', columns: { ...noColumns, messages: prompt, completion, desirable, ...beside } };
  if (talks(completion).length > 0)
    return { shape: 'messages', columns: { ...noColumns, prompt, ...before, completion, desirable, ...beside } };
  return { shape: textShape, columns: { ...noColumns, prompt, ...ofTexts, completion, desirable } };
}

/** Columns of the turns that two answers follow. */
const askedNames = [...knownNames.prompt, 'messages', 'conversations', 'conversation', 'input'];

/** Returns true if a conversation begins with an answer, so that its question is in another column. */
function isAnswer(talk: unknown): boolean {
  const { role, from } = firstTurn(talk);
  return role === 'assistant' || (typeof from === 'string' && sharegptRoles.get(from) === 'assistant');
}

function firstTurn(talk: unknown): Record<string, unknown> {
  const [turn] = Array.isArray(talk) ? talk : [];
  return isObject(turn) ? turn : {};
}

/** Describes the preference columns in one sentence; null for rows without preferences. */
export function preferenceNote({ prompt, messages, completion, rejected, desirable }: TextColumns): string | null {
  if (desirable !== null) return `Answers with a label: ${desirable} says whether each is wanted.`;
  if (rejected === null) return null;
  const asked = completion === null ? null : (messages ?? prompt);
  const chosen = completion ?? messages;
  return asked === null
    ? `Preference data: chosen answer in ${chosen}, rejected answer in ${rejected}; their common beginning is the prompt.`
    : `Preference data: prompt in ${asked}, chosen answer in ${chosen}, rejected answer in ${rejected}.`;
}

export interface PreferredText {
  readonly prompt: string;
  readonly completion: string;
  readonly rejected: string;
}

/**
 * A prompt with two answers; without a prompt of their own, what both begin with is it, as TRL takes it: without a space at
 * its end. A string is the problem.
 */
export function preferredText(
  prompt: string | null,
  chosen: string,
  rejected: string,
  columns: TextColumns,
): PreferredText | string {
  const words = `${columns.completion} and ${columns.rejected}`;
  if (chosen === rejected) return `${words} are the same: leave the row out, or give an answer that is worse`;
  if (prompt !== null) {
    if (prompt.trim() === '')
      return `${columns.prompt} is empty: an answer needs a prompt, fill it in or leave the row out`;
    return { prompt, completion: chosen, rejected };
  }
  let length = 0;
  while (length < Math.min(chosen.length, rejected.length) && chosen[length] === rejected[length]) length++;
  if (length > 0 && (chosen[length - 1] === ' ' || isHighSurrogate(chosen, length - 1))) length--;
  const [own, other] = [chosen.slice(length), rejected.slice(length)];
  if (chosen.slice(0, length).trim() === '')
    return `${words} begin with nothing in common, so there is no prompt: put it into a column of its own, or before both`;
  if (own.trim() === '' || other.trim() === '')
    return `${words} differ by nothing but an answer that is empty: fill it in, or leave the row out`;
  return { prompt: chosen.slice(0, length), completion: own, rejected: other };
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code < 0xdc00;
}

/** Problem of two conversations that should differ in their answers; null if there is none. */
export function conversationProblem(
  chosen: readonly Message[],
  rejected: readonly Message[],
  columns: TextColumns,
): string | null {
  const words = `${columns.completion ?? columns.messages} and ${columns.rejected}`;
  if (JSON.stringify(chosen) === JSON.stringify(rejected))
    return `${words} are the same: leave the row out, or give an answer that is worse`;
  const shared = sharedTurns(chosen, rejected);
  if (shared === 0)
    return `${words} begin with no turn in common, so there is no prompt: put it into a column of its own, or before both`;
  return null;
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Returns true if an answer is wanted; a string is the problem. */
export function wantedOf(cell: unknown, column: string): boolean | string {
  const found = flags.get(
    String(cell ?? '')
      .trim()
      .toLowerCase(),
  );
  if (found !== undefined) return found;
  return cell === undefined || cell === null || cell === ''
    ? `${column} is missing: write true for an answer that is wanted, false for one that is not`
    : `${column} is neither true nor false: write one of them`;
}
