import { parsePythonLiteral } from '../../../../src-shared/python-literal.ts';
import { columnNamed, knownNames } from './known-columns.ts';
import { cellOf, isObject, type RawRow } from './raw-row.ts';
import { parseAsPython } from './written-number.ts';

type Turn = Readonly<Record<string, unknown>>;

/** Keys of a list whose items each hold a question and its answer: Capybara, and tables made by hand. */
const pairKeys: readonly (readonly [asked: string, answered: string])[] = [
  ['input', 'output'],
  ['user', 'assistant'],
  ['human', 'assistant'],
  ['human', 'gpt'],
  ['human', 'bot'],
  ['prompt', 'response'],
];

/**
 * A cell with a conversation as a list: a list as it is, one turn by itself, pairs of a question and an answer, and each
 * of them written as JSON or by Python. Any other cell is returned unchanged.
 */
export function turnsOf(cell: unknown): unknown {
  const value = typeof cell === 'string' ? (parsedTurns(cell) ?? cell) : cell;
  if (isTurn(value)) return [value];
  if (!Array.isArray(value)) return value;
  const pairs = value.map(pairOf);
  return value.length > 0 && pairs.every((pair) => pair !== null) ? pairs.flat() : value;
}

/** Returns true if a cell is a conversation in any of these forms. */
export function holdsTurns(cell: unknown, key?: 'role' | 'from'): boolean {
  const turns = turnsOf(cell);
  const [first] = Array.isArray(turns) ? turns : [];
  if (!isObject(first)) return false;
  return key === undefined ? isTurn(first) : Object.hasOwn(first, key);
}

/** A value that a table holds as text: JSON, or as Python writes it; undefined for any other text. */
export function parsedText(text: string): unknown {
  for (const parse of [parseAsPython, parsePythonLiteral])
    try {
      return parse(text);
    } catch {
      // The next one is tried.
    }
  return undefined;
}

function parsedTurns(text: string): unknown {
  if (!/^\s*\[?\s*\{\s*["']/.test(text)) return undefined;
  const parsed = parsedText(text);
  return isTurn(parsed) || (Array.isArray(parsed) && parsed.every(isObject)) ? parsed : undefined;
}

function isTurn(value: unknown): value is Turn {
  return isObject(value) && (Object.hasOwn(value, 'role') || Object.hasOwn(value, 'from'));
}

/** The two turns of a pair; null for an item of another form. */
function pairOf(item: unknown): Turn[] | null {
  if (!isObject(item) || isTurn(item)) return null;
  const keys = pairKeys.find(
    ([asked, answered]) => typeof item[asked] === 'string' && typeof item[answered] === 'string',
  );
  if (keys === undefined) return null;
  const [asked, answered] = keys;
  return [
    { role: 'user', content: item[asked] },
    { role: 'assistant', content: item[answered] },
  ];
}

/** The column of tools that a prompt's answer may call: lists of objects, or the text of one; null if there is none. */
export function toolsColumn(rows: readonly RawRow[], names: readonly string[]): string | null {
  return (
    columnNamed(names, knownNames.tools, (name) => rows.some(({ cells }) => isToolList(cellOf(cells, name)))) ?? null
  );
}

function isToolList(cell: unknown): boolean {
  const list = typeof cell === 'string' && /^\s*\[\s*\{/.test(cell) ? parsedText(cell) : cell;
  return Array.isArray(list) && list.length > 0 && list.every(isObject);
}
