import type { TextColumns, TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { parsePythonLiteral } from '../../../../src-shared/python-literal.ts';
import { columnNamed } from './known-columns.ts';
import { cellOf, isObject, type RawRow } from './raw-row.ts';
import { parseAsPython } from './written-number.ts';

type Answer = NonNullable<TextExample['answers']>[number];
type AnswerColumns = Readonly<Record<'question' | 'context' | 'answers', string>>;

const [contextNames, answerNames] = [
  ['context', 'passage', 'paragraph', 'document', 'text'],
  ['answers', 'answer'],
];
const emptyForm = '{"text": [], "answer_start": []}';

/** The columns of SQuAD's rows: a question, its text, and the answers with their places in the text. */
export function answerColumns(rows: readonly RawRow[], names: readonly string[]): AnswerColumns | null {
  const hasAnswers = (name: string) => rows.some(({ cells }) => answerPairs(cellOf(cells, name)) !== null);
  const question = columnNamed(names, ['question']);
  const context = columnNamed(names, contextNames, (name) => name !== question);
  const answers = columnNamed(names, answerNames, hasAnswers);
  return question === undefined || context === undefined || answers === undefined
    ? null
    : { question, context, answers };
}

/** The role that lacks its column; null where none does, or where the rows are no questions on a text. */
export function missingAnswerRole({ question, context, answers }: TextColumns): string | null {
  const given = Object.entries({ question, context, answers });
  if (given.every(([, column]) => column === null)) return null;
  return given.find(([, column]) => column === null)?.[0] ?? null;
}

/**
 * The answers of a row with their UTF-16 places in the context; none where the text does not answer the question. A string is
 * the problem.
 */
export function readAnswers(cell: unknown, column: string, context: string): Answer[] | string {
  if (cell === undefined || cell === null || cell === '')
    return `${column} is missing: write ${emptyForm} where the text has no answer`;
  const pairs = answerPairs(cell);
  if (pairs === null)
    return `${column} has no answers with their places: write {"text": ["…"], "answer_start": [0]}, or ${emptyForm} for none`;
  const answers: Answer[] = [];
  for (const [text, given] of pairs) {
    const place = Number(given);
    const shown = JSON.stringify(String(text).slice(0, 60));
    if (typeof text !== 'string' || text.trim() === '')
      return `${column} has an answer without a text: write ${emptyForm} where there is none`;
    if (given === undefined || given === null || !Number.isSafeInteger(place) || place < 0)
      return `${column}: the answer ${shown} has no answer_start: write the number of its first character in the context, from 0`;
    const start = unitOf(context, place);
    if (!context.startsWith(text, start))
      return `${column}: character ${place} of the context begins ${JSON.stringify(context.slice(start, start + 20))}, not the answer ${shown}: correct answer_start`;
    answers.push({ text, start });
  }
  return answers;
}

/** Texts and their places, as the hub has them (two lists) or the original file (a list of objects); null for anything else. */
export function answerPairs(cell: unknown): [text: unknown, start: unknown][] | null {
  if (typeof cell === 'string') {
    const parsed = parsedCell(cell);
    return typeof parsed === 'string' ? null : answerPairs(parsed);
  }
  if (Array.isArray(cell)) {
    if (!cell.every(isObject) || !cell.every((answer) => 'text' in answer && 'answer_start' in answer)) return null;
    return cell.map((answer): [unknown, unknown] => [answer['text'], answer['answer_start']]);
  }
  if (!isObject(cell) || !('text' in cell) || !('answer_start' in cell)) return null;
  const [texts, starts] = [listOf(cell['text']), listOf(cell['answer_start'])];
  return texts === null || starts === null || texts.length !== starts.length
    ? null
    : texts.map((text, at): [unknown, unknown] => [text, starts[at]]);
}

/** A cell of a CSV: JSON, or as Python writes it; null: neither. */
function parsedCell(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return null;
  for (const parse of [parseAsPython, parsePythonLiteral])
    try {
      return parse(text);
    } catch {
      // The next one is tried.
    }
  return null;
}

function listOf(value: unknown): unknown[] | null {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Array.from(value as Iterable<unknown> & ArrayBufferView);
  return typeof value === 'object' && value !== null && !(value instanceof Number) ? null : [value];
}

/** UTF-16 place of a character: SQuAD counts those of Unicode. */
function unitOf(text: string, character: number): number {
  if (!/[\uD800-\uDBFF]/.test(text)) return character;
  let unit = 0;
  for (let count = 0; count < character && unit < text.length; count++)
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  return unit;
}
