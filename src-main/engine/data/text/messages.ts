import type { TextColumns, TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { isExcluded, reasoningNames } from '../../../../src-shared/domain/generation/chat-message.ts';
import { CellProblem, contentCell } from './cell-text.ts';
import { chatRoles, sharegptRoles } from './chat-roles.ts';
import { plain } from './known-columns.ts';
import { cellOf, isEmptyCell, isObject, type RawRow } from './raw-row.ts';
import { parsedText, turnsOf } from './turns.ts';
import { parseAsPython } from './written-number.ts';

/** Column of variables for the chat template, as TRL has it. */
export const templateKwargsColumn = 'chat_template_kwargs';

type Cells = RawRow['cells'];
type Message = NonNullable<TextExample['messages']>[number];

/** Returns what `read` finds in a role's column; null if the role has none. */
function ofColumn<Value>(column: string | null, read: (column: string) => Value): Value | null {
  return column === null ? null : read(column);
}

/** System prompt, prompt and input of a row as one text, separated by empty lines; null if the row has none of them. */
export function promptText(cells: Cells, columns: TextColumns): string | null {
  const [system, prompt, input] = (['system', 'prompt', 'input'] as const).map((role) =>
    ofColumn(columns[role], (column) => contentCell(cellOf(cells, column), column, true)),
  );
  // Alpaca's input follows its instruction, OpenOrca's question its system prompt.
  const asked = prompt && input ? `${prompt}\n\n${input}` : input || prompt;
  if (system && asked === '')
    throw new CellProblem(
      `${columns.prompt ?? columns.input} is empty: the system prompt alone asks nothing, fill it in or leave the row out`,
    );
  return system && asked ? `${system}\n\n${asked}` : asked || (system ?? asked ?? null);
}

/** The turns of a row: of one column, or of what is asked and what answers it. */
export function conversation(cells: Cells, columns: TextColumns, sharegpt: boolean): Message[] {
  const { completion } = columns;
  const turns = askedTurns(cells, columns, sharegpt);
  const answer = ofColumn(completion, (column) => answerTurns(cellOf(cells, column), column, sharegpt));
  const column = completion ?? columns.messages;
  const written = (answer ?? turns).filter(
    (turn) => turn.role === 'assistant' && (turn.content.trim() !== '' || callsTools(turn)),
  );
  if (written.length === 0)
    throw new CellProblem(
      `${column} has no answer of the assistant, so there is nothing to learn: add one, or leave the row out`,
    );
  if (written.every(isExcluded))
    throw new CellProblem(
      `${column} has weight 0 or train false on every answer, so there is nothing to learn: leave the row out`,
    );
  return [...turns, ...(answer ?? [])];
}

/** The turns before the answer: the row's messages, or its history and prompt, after its system prompt. */
export function askedTurns(cells: Cells, columns: TextColumns, sharegpt: boolean): Message[] {
  const { messages, history } = columns;
  if (messages !== null) return withSystem(cells, columns, messageCells(cellOf(cells, messages), messages, sharegpt));
  const prompt = promptText(cells, { ...columns, system: null });
  const column = columns.prompt ?? 'the prompt';
  if ((prompt ?? '').trim() === '')
    throw new CellProblem(`${column} is empty: an answer needs a prompt, fill it in or leave the row out`);
  return withSystem(cells, columns, [
    ...(ofColumn(history, (name) => historyTurns(cellOf(cells, name), name)) ?? []),
    { role: 'user', content: prompt ?? '' },
  ]);
}

/** Turns after the row's own system prompt, if it has one that they do not begin with. */
export function withSystem(cells: Cells, { system, messages }: TextColumns, turns: Message[]): Message[] {
  const content = ofColumn(system, (column) => contentCell(cellOf(cells, column), column, true)) ?? '';
  const [first] = turns;
  if (content.trim() === '') return turns;
  if (first?.role !== 'system') return [{ role: 'system', content }, ...turns];
  if (first.content.trim() === content.trim()) return turns;
  throw new CellProblem(
    `${system} and ${messages ?? 'the conversation'} have different system prompts: keep one of them`,
  );
}

/** Turns of an answer: a text, a turn, or a list of them. */
export function answerTurns(cell: unknown, column: string, sharegpt: boolean): Message[] {
  const turns = turnsOf(cell);
  if (Array.isArray(turns)) return messageCells(turns, column, sharegpt);
  return [{ role: 'assistant', content: contentCell(cell, column, false) }];
}

/** Earlier turns: a conversation, or LLaMA-Factory's list of [question, answer]; none for an empty cell. */
function historyTurns(cell: unknown, column: string): Message[] {
  const value = typeof cell === 'string' ? (cell.trim() === '' ? null : (parsedText(cell) ?? cell)) : cell;
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw new CellProblem(`${column} is no list of earlier turns: write it as [["question", "answer"], …]`);
  if (value.length === 0) return [];
  if (!value.every((pair) => Array.isArray(pair))) return messageCells(value, column, false);
  return value.flatMap((pair: unknown[]): Message[] => {
    const [asked, answered] = pair;
    if (pair.length !== 2 || typeof asked !== 'string' || typeof answered !== 'string')
      throw new CellProblem(`${column} has a turn that is not a question and its answer: write ["question", "answer"]`);
    return [
      { role: 'user', content: asked },
      { role: 'assistant', content: answered },
    ];
  });
}

/** A conversation of one column. `sharegpt`: turns of the form from and value; a turn of the other form is read too. */
export function messageCells(given: unknown, column: string, sharegpt: boolean): Message[] {
  const cell = turnsOf(given);
  if (!Array.isArray(cell) || cell.length === 0)
    throw new CellProblem(`${column} is no list of messages: write it as [{"role": "user", "content": "…"}, …]`);
  return cell.map((value: unknown, index) => {
    const turn = isObject(value) ? value : {};
    const [own, other] = sharegpt ? ['from', 'role'] : ['role', 'from'];
    const isShareGpt = Object.hasOwn(turn, other) && !Object.hasOwn(turn, own) ? !sharegpt : sharegpt;
    const [roleKey, contentKey] = isShareGpt ? ['from', 'value'] : ['role', 'content'];
    const fail = (problem: string): never => {
      throw new CellProblem(`${column}: message ${index + 1} ${problem}`);
    };
    const role = cellOf(turn, roleKey);
    const calls = calledTools(turn, isShareGpt && role === 'function_call' ? cellOf(turn, contentKey) : undefined);
    if (typeof calls === 'string') fail(calls);
    const parts = cellOf(turn, contentKey);
    const written = joinedParts(parts);
    // Messages with tool calls may have no content.
    const content =
      calls !== null && (isShareGpt || (written ?? null) === null)
        ? ''
        : (written ?? null) === null && callsTools(turn)
          ? ''
          : written;
    if (typeof role !== 'string' || role === '' || typeof content !== 'string') {
      const kind = typeof role === 'string' && role !== '' ? otherPart(parts) : null;
      if (kind !== null)
        return fail(
          `lacks ${contentKey} that can be learned from: it has a part of the type ${kind}, but only text is read; leave the row out`,
        );
      return fail(
        `lacks ${typeof role === 'string' && role !== '' ? contentKey : roleKey}: give every message a ${roleKey} and a ${contentKey}, both texts`,
      );
    }
    const known = (isShareGpt ? sharegptRoles.get(role) : otherRoles.get(role)) ?? role;
    if (!chatRoles.includes(known)) {
      const choices = isShareGpt ? [...sharegptRoles.keys(), ...chatRoles] : chatRoles;
      return fail(`has the unknown role "${role.slice(0, 100)}": use one of ${choices.join(', ')}`);
    }
    const media = mediaKeys.find((key) => !isEmptyCell(turn[key]));
    if (media !== undefined) fail(`has ${media}, but only text is read; leave the row out`);
    const flagProblem = learningFlagProblem(turn, known);
    if (flagProblem !== null) fail(flagProblem);
    const besides = Object.entries(withoutNulls(turn)).filter(
      ([key]) => key !== roleKey && key !== contentKey && !(calls !== null && key === 'function_call'),
    );
    return {
      ...Object.fromEntries(besides),
      ...(calls === null ? {} : { tool_calls: calls }),
      role: known,
      content,
    };
  });
}

/** Keys of a message whose values are no text. */
const mediaKeys = ['image', 'images', 'audio', 'audios', 'video', 'videos'];

/** Keys of a message that are read, or that chat templates of published models write. */
export const knownTurnKeys: ReadonlySet<string> = new Set([
  ...['role', 'content', 'from', 'value', 'name', 'weight', 'train'],
  ...['tool_calls', 'tool_call_id', 'function_call', ...reasoningNames],
  ...mediaKeys,
]);

/** Roles of OpenAI's older API. */
const otherRoles: ReadonlyMap<string, string> = new Map([['function', 'tool']]);

/**
 * Calls of tools that are not written as `tool_calls`: `function_call` of OpenAI's older API, or ShareGPT's turn of that
 * name, whose value is a call or a list of them. Null if there are none; a string is the problem.
 */
function calledTools(turn: Readonly<Record<string, unknown>>, value: unknown): unknown[] | string | null {
  const given = value ?? turn['function_call'] ?? null;
  if (given === null) return null;
  const parsed = typeof given === 'string' ? parsedText(given) : given;
  const calls = Array.isArray(parsed) ? parsed : [parsed];
  if (!calls.every((call) => isObject(call) && typeof call['name'] === 'string'))
    return 'calls a function without a name: write it as {"name": "…", "arguments": {…}}';
  return calls.map((call) => ({ type: 'function', function: call }));
}

/** Type of the first part of a message that is no text, e.g. image_url; null if its content has no such part. */
function otherPart(content: unknown): string | null {
  if (!Array.isArray(content)) return null;
  const part = content.find((one: unknown) => isObject(one) && !textParts.has(String(one['type'])));
  return isObject(part) && typeof part['type'] === 'string' ? part['type'].slice(0, 40) : null;
}

/** Types of parts with text, in OpenAI's chat completions and responses. */
const textParts: ReadonlySet<string> = new Set(['text', 'input_text', 'output_text']);

/** Flags of other programs that take messages out of the loss. */
const otherFlags = ['loss', 'loss_mask', 'mask', 'masked', 'trainable', 'training', 'is_trainable'];

/** Problem of the flags that take a message into the loss or out of it, without its place; null if they can be honored. */
function learningFlagProblem(turn: Readonly<Record<string, unknown>>, role: string): string | null {
  const { weight, train, train_detail, training_detail } = turn;
  // Number('') and Number([]) are 0.
  const isNumber = !Array.isArray(weight) && String(weight).trim() !== '';
  if ((weight ?? null) !== null && !(isNumber && [0, 1].includes(Number(weight))))
    return `has the weight ${JSON.stringify(weight)}: write 1 to learn an answer, or 0 to leave it out of the loss`;
  if ((train ?? null) !== null && typeof train !== 'boolean')
    return `has the value ${JSON.stringify(train)} for train: write true or false`;
  if (train === true && role !== 'assistant')
    return `of the role "${role}" has train true, but only answers of the assistant are learned: set it to false`;
  const other = otherFlags.find((name) => typeof turn[name] === 'boolean' || turn[name] === 0 || turn[name] === 1);
  if (other !== undefined)
    return `has the flag ${other}, which is not supported: use train or weight for a whole message`;
  if ((train_detail ?? training_detail ?? null) !== null)
    return 'has train_detail, which is not supported: use train or weight for a whole message';
  return null;
}

/** Variables of the chat template that a row sets, as TRL takes them; null if there are none. */
export function templateKwargsOf(cells: Cells): Record<string, unknown> | null {
  const column = templateKwargsColumn;
  const cell = cellOf(cells, column);
  if (cell === undefined || cell === null || cell === '') return null;
  let kwargs: unknown = cell;
  try {
    if (typeof cell === 'string') kwargs = parseAsPython(cell);
  } catch {
    // Reported below.
  }
  if (kwargs === null) return null;
  if (isObject(kwargs)) return withoutNulls(kwargs);
  throw new CellProblem(`${column} is no object: write it as {"enable_thinking": false}, or as the JSON of it`);
}

/**
 * An object without its keys that are null, at any depth: tables give every turn all keys that one of them has. TRL takes
 * these keys out of every conversation too.
 */
function withoutNulls(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutInnerNulls(inner)]));
}

function withoutInnerNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutInnerNulls);
  // Numbers that remember how they were written are objects too.
  return isObject(value) && !(value instanceof Number) ? withoutNulls(value) : value;
}

function callsTools(turn: Readonly<Record<string, unknown>>): boolean {
  const calls = cellOf(turn, 'tool_calls');
  return Array.isArray(calls) && calls.length > 0;
}

/** The functions that the assistant may call: a list, or one written as JSON, as TRL takes them; null for none. */
export function toolsCell(cell: unknown, column: string): unknown[] | null {
  if (cell === undefined || cell === null || cell === '') return null;
  let tools: unknown = cell;
  try {
    if (typeof cell === 'string') tools = parseAsPython(cell);
  } catch {
    // Reported below.
  }
  if (tools === null) return null;
  if (Array.isArray(tools) && tools.every(isObject)) {
    const list = typeof cell === 'string' ? tools : tools.map(withoutNulls);
    // OpenAI's older API lists functions without what they are.
    return plain(column) === 'functions' ? list.map((tool) => ({ type: 'function', function: tool })) : list;
  }
  throw new CellProblem(
    `${column} is no list of tools: write it as [{"type": "function", "function": {…}}], or as the JSON of it`,
  );
}

/** The text of a message, also where it comes in parts as in the API of OpenAI; undefined if a part is none. */
function joinedParts(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part: unknown) =>
    isObject(part) && textParts.has(String(part['type'])) ? part['text'] : undefined,
  );
  return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
}
