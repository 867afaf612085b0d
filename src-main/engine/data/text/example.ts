import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { isExcluded } from '../../../../src-shared/domain/generation/chat-message.ts';
import { readNegatives } from './anchors.ts';
import { readAnswers } from './answers.ts';
import { chatRoles, sharegptRoles } from './chat-roles.ts';
import { chosenIndex, readChoices } from './choices.ts';
import type { Mapping } from './columns.ts';
import { chooseEncoding } from './file-notes.ts';
import { plainNumber } from './number-format.ts';
import { conversationProblem, preferredText, wantedOf } from './preferences.ts';
import { cellOf, isObject, type RawRow } from './raw-row.ts';
import { flagOf, type OneHot } from './several-labels.ts';
import { readTaggedWords } from './tags.ts';
import { parseAsPython } from './written-number.ts';

export type ExampleContent = Omit<TextExample, 'row' | 'split'>;
type Message = NonNullable<TextExample['messages']>[number];

/** Problem of a cell and its remedy, thrown only inside this file. */
class CellProblem extends Error {}

/** Parses the example of a row; returns a string with the problem and its column otherwise. */
export function readExample(
  { cells, fault }: RawRow,
  { shape, columns, oneHot, numbers, tagFormat }: Mapping,
): ExampleContent | string {
  if (fault !== null) return fault;
  const text = (column: string | null, mayBeEmpty: boolean): string | null =>
    column === null ? null : textCell(cellOf(cells, column), column, mayBeEmpty);
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
          ? labelCell(labelled, columns.label, numbers)
          : setLabels(cells, columns.label, oneHot);
    const isNumber = typeof labelled === 'number' || typeof labelled === 'bigint';
    const prompt = text(columns.prompt, true);
    const input = text(columns.input, true);
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
      // Alpaca's input follows its instruction, separated by an empty line.
      prompt: prompt && input ? `${prompt}\n\n${input}` : input || prompt,
      completion: columns.messages === null ? completionText(cells, columns.completion, text) : null,
      messages: conversation(cells, columns, shape === 'sharegpt'),
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

/** Names of columns that tell examples apart, compared without case, spaces, _ and -. */
const idNames = new Set(['id', 'idx', 'uid', 'guid', 'uuid', 'qid', 'exampleid', 'questionid', 'rowid']);

/** Value of the row's own id, in a column that has no role. */
function idOf(cells: RawRow['cells'], columns: Mapping['columns']): string | null {
  const used = new Set(Object.values(columns));
  const name = Object.keys(cells).find(
    (column) => idNames.has(column.toLowerCase().replaceAll(/[\s_-]/g, '')) && !used.has(column),
  );
  const value = name === undefined ? null : scalar(cellOf(cells, name));
  return value === null || value === '' || value.length > 1000 ? null : value;
}

function textCell(cell: unknown, column: string, mayBeEmpty: boolean): string {
  if (cell === undefined || cell === null || cell === '') {
    if (mayBeEmpty) return '';
    throw new CellProblem(`${column} is missing: fill it in, or leave the row out`);
  }
  const value = scalar(cell);
  if (value === null)
    throw new CellProblem(`${column} contains ${kindOf(cell)} where a text is expected: write it as one text`);
  if (!mayBeEmpty && value.trim() === '')
    throw new CellProblem(`${column} contains nothing but white space: fill it in, or leave the row out`);
  if (value.includes('\uFFFD'))
    throw new CellProblem(`${column} has bytes that are not UTF-8 (shown as \uFFFD): ${chooseEncoding}`);
  if (value.includes('\0'))
    throw new CellProblem(`${column} has zero bytes: the file may be UTF-16, choose that encoding`);
  return value;
}

/** A string, number or boolean as text; null for anything else. */
function scalar(cell: unknown): string | null {
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' || typeof cell === 'boolean' || typeof cell === 'bigint' || cell instanceof Number)
    return String(cell);
  return null;
}

function kindOf(cell: unknown): string {
  return Array.isArray(cell) ? 'a list' : isObject(cell) ? 'an object' : `a ${typeof cell}`;
}

function labelCell(cell: unknown, column: string, numbers: Mapping['numbers']): ExampleContent['label'] {
  if (Array.isArray(cell)) {
    const names = cell.slice(0, 1001).map(scalar);
    if (names.length > 1000 || names.some((name) => name === null || name === ''))
      throw new CellProblem(`${column} contains a list that is not one of labels: write it as ["one", "other"]`);
    return names.flatMap((name) => name ?? []);
  }
  const value = textCell(cell, column, false).trim();
  if (value.length > 1000)
    throw new CellProblem(`${column} has ${value.length} characters, too many for a label: choose another column`);
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

/** The turns of a row: of one column, or of what is asked and what answers it. */
function conversation(cells: RawRow['cells'], columns: Mapping['columns'], sharegpt: boolean): Message[] | null {
  const { messages: column, completion } = columns;
  if (column === null) return null;
  const turns = messageCells(cellOf(cells, column), column, sharegpt);
  const answer = completion === null ? [] : messageCells(cellOf(cells, completion), completion, sharegpt);
  const answers = completion === null ? turns : answer;
  const written = answers.filter(
    (turn) => turn.role === 'assistant' && (turn.content.trim() !== '' || callsTools(turn)),
  );
  if (written.length === 0)
    throw new CellProblem(
      `${completion ?? column} has no answer of the assistant, so there is nothing to learn: add one, or leave the row out`,
    );
  if (written.every(isExcluded))
    throw new CellProblem(
      `${completion ?? column} has weight 0 or train false on every answer, so there is nothing to learn: leave the row out`,
    );
  return [...turns, ...answer];
}

function messageCells(cell: unknown, column: string, sharegpt: boolean): Message[] {
  if (!Array.isArray(cell) || cell.length === 0)
    throw new CellProblem(`${column} is no list of messages: write it as [{"role": "user", "content": "…"}, …]`);
  const [roleKey, contentKey] = sharegpt ? ['from', 'value'] : ['role', 'content'];
  return cell.map((value: unknown, index) => {
    const turn = isObject(value) ? value : {};
    const role = cellOf(turn, roleKey);
    const written = joinedParts(cellOf(turn, contentKey));
    // Messages with tool calls may have no content.
    const content = (written ?? null) === null && callsTools(turn) ? '' : written;
    if (typeof role !== 'string' || role === '' || typeof content !== 'string')
      throw new CellProblem(
        `${column}: message ${index + 1} lacks ${typeof role === 'string' && role !== '' ? contentKey : roleKey}: give every message a ${roleKey} and a ${contentKey}, both texts`,
      );
    const known = (sharegpt ? sharegptRoles.get(role) : undefined) ?? role;
    if (!chatRoles.includes(known)) {
      const choices = sharegpt ? [...sharegptRoles.keys(), ...chatRoles] : chatRoles;
      throw new CellProblem(
        `${column}: message ${index + 1} has the unknown role "${role.slice(0, 100)}": use one of ${choices.join(', ')}`,
      );
    }
    const flagProblem = learningFlagProblem(turn, known);
    if (flagProblem !== null) throw new CellProblem(`${column}: message ${index + 1} ${flagProblem}`);
    const besides = Object.entries(withoutNulls(turn)).filter(([key]) => key !== roleKey && key !== contentKey);
    return { ...Object.fromEntries(besides), role: known, content };
  });
}

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
  if ((train_detail ?? training_detail ?? null) !== null)
    return 'has train_detail, which is not supported: use train or weight for a whole message';
  return null;
}

/** Variables of the chat template that a row sets, as TRL takes them; null if there are none. */
function templateKwargsOf(cells: RawRow['cells']): Record<string, unknown> | null {
  const column = 'chat_template_kwargs';
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
    return checked(preferredText(columns.prompt === null ? null : prompt, completion ?? '', rejected, columns));
  }
  const { messages: asked, completion: answer } = columns;
  if (cell === undefined || cell === null)
    throw new CellProblem(`${column} is missing: fill it in, or leave the row out`);
  const before = answer === null || asked === null ? [] : messageCells(cellOf(cells, asked), asked, sharegpt);
  const rejected = [...before, ...messageCells(cell, column, sharegpt)];
  const problem = conversationProblem(messages, rejected, columns);
  if (problem !== null) throw new CellProblem(problem);
  return { rejected };
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
function toolsCell(cell: unknown, column: string): unknown[] | null {
  if (cell === undefined || cell === null || cell === '') return null;
  let tools: unknown = cell;
  try {
    if (typeof cell === 'string') tools = parseAsPython(cell);
  } catch {
    // Said below.
  }
  if (tools === null) return null;
  if (Array.isArray(tools) && tools.every(isObject)) return typeof cell === 'string' ? tools : tools.map(withoutNulls);
  throw new CellProblem(
    `${column} is no list of tools: write it as [{"type": "function", "function": {…}}], or as the JSON of it`,
  );
}

/** The text of a message, also where it comes in parts as in the API of OpenAI; undefined if a part is none. */
function joinedParts(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const texts = content.map((part: unknown) => (isObject(part) && part['type'] === 'text' ? part['text'] : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
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
