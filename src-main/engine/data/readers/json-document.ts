import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { isKnownColumn } from '../text/known-columns.ts';
import { isConversation, isObject } from '../text/raw-row.ts';
import { questionsOf } from './squad-document.ts';

export const rowsAtParameter: ParameterSpec = {
  name: 'rows_at',
  label: 'Rows at',
  type: 'text',
  default: '',
  help: 'Where the list of rows is in a file of one object: its keys with dots between, e.g. data.items. Empty: the one list of objects, or a table as pandas writes it.',
  advanced: true,
};

const deepest = 4;

/**
 * The rows of a JSON document that is one object: the list at `place`, or the only list of objects in it; a table as
 * pandas writes it by columns, index or split; lists by column; else the object itself. SQuAD articles yield their
 * questions.
 * @throws StudioError invalid_input where no list is at `place`, or several are to choose from
 */
export function rowsOfDocument(path: string, document: Readonly<Record<string, unknown>>, place: string): unknown[] {
  const rows = listOfRows(path, document, place);
  return questionsOf(rows) ?? rows;
}

function listOfRows(path: string, document: Readonly<Record<string, unknown>>, place: string): unknown[] {
  const lists = [...listsIn(document)];
  const choices = lists.map(([name]) => name);
  if (place !== '') {
    const rows = tableRows(at(document, place)) ?? at(document, place);
    if (Array.isArray(rows)) return rows;
    throw new StudioError(
      'invalid_input',
      `${path} has no list of rows at ${place}.`,
      choices.length > 0 ? `It has one at ${choices.join(', ')}.` : 'Name the keys that lead to it, e.g. data.items.',
    ).at('rows_at');
  }
  const table = tableRows(document);
  if (table !== null) return table;
  const [first, ...others] = lists;
  if (first === undefined || isRow(document)) return [document];
  if (others.length === 0) return first[1];
  throw new StudioError(
    'invalid_input',
    `${path} has several lists of rows: ${choices.join(', ')}.`,
    `Choose one, e.g. rows_at=${first[0]}.`,
  ).at('rows_at');
}

function at(document: unknown, place: string): unknown {
  return place
    .split('.')
    .reduce((value: unknown, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), document);
}

/** The lists of objects, the outermost on each way, by their keys. */
function* listsIn(
  value: Readonly<Record<string, unknown>>,
  way: readonly string[] = [],
): Generator<[string, unknown[]]> {
  for (const [key, inner] of Object.entries(value)) {
    const place = [...way, key];
    if (Array.isArray(inner)) {
      if (inner.length > 0 && inner.every(isObject)) yield [place.join('.'), inner];
    } else if (isObject(inner) && place.length < deepest) yield* listsIn(inner, place);
  }
}

/** Returns true if the only list is a conversation, which makes the object a row. */
function isRow(document: Readonly<Record<string, unknown>>): boolean {
  return Object.values(document).some(isConversation);
}

const isNumber = (key: string): boolean => /^\d+$/.test(key);

/**
 * Rows by their ids, or columns by the ids of their rows: of the two sets of keys, known names are those of columns.
 * Null for other objects.
 */
function rowsByKey(entries: readonly (readonly [key: string, value: unknown])[]): unknown[] | null {
  const objects = entries.flatMap(([key, row]) => (isObject(row) ? [[key, row] as const] : []));
  const [first, ...others] = objects;
  if (first === undefined || others.length === 0 || objects.length < entries.length) return null;
  const inner = [...new Set(objects.flatMap(([, row]) => Object.keys(row)))];
  const isOuterKnown = objects.some(([key]) => isKnownColumn(key));
  const isInnerKnown = inner.some(isKnownColumn);
  if (isOuterKnown && isInnerKnown) return null;
  const isText = (cell: unknown) => typeof cell === 'string' || isConversation(cell);
  if (isOuterKnown) {
    const isTable = objects.every(([, cells]) => inner.every((id) => Object.hasOwn(cells, id)));
    if (!isTable || !objects.some(([, cells]) => Object.values(cells).every(isText))) return null;
    return inner.map((id) => ({ id, ...Object.fromEntries(objects.map(([name, cells]) => [name, cells[id]])) }));
  }
  const isShared = (name: string) => objects.every(([, row]) => Object.hasOwn(row, name) && isText(row[name]));
  return Object.keys(first[1]).some(isShared) ? objects.map(([id, row]) => ({ id, ...row })) : null;
}

function tableRows(value: unknown): unknown[] | null {
  if (!isObject(value)) return null;
  const { columns, data, schema } = value;
  // pandas' orient table describes its columns beside the rows.
  if (isObject(schema) && Array.isArray(schema['fields']) && Array.isArray(data)) return data;
  if (Array.isArray(columns) && Array.isArray(data) && data.every(Array.isArray))
    return data.map((row: unknown[]) => Object.fromEntries(columns.map((name, index) => [String(name), row[index]])));
  const entries = Object.entries(value);
  if (entries.length === 0) return null;
  if (entries.every(([key, row]) => isNumber(key) && isObject(row))) return entries.map(([, row]) => row);
  const byColumn = entries.flatMap(([name, cells]) =>
    isObject(cells) && Object.keys(cells).every(isNumber) ? [[name, cells] as const] : [],
  );
  if (byColumn.length === entries.length) {
    const keys = new Set(byColumn.flatMap(([, cells]) => Object.keys(cells)));
    return [...keys].map((key) => Object.fromEntries(byColumn.map(([name, cells]) => [name, cells[key]])));
  }
  const keyed = rowsByKey(entries);
  if (keyed !== null) return keyed;
  const lists = entries.flatMap(([name, cells]) => (Array.isArray(cells) ? [[name, cells] as const] : []));
  const length = lists[0]?.[1].length ?? 0;
  const areColumns =
    lists.length === entries.length && lists.length > 1 && lists.every(([, cells]) => cells.length === length);
  if (!areColumns || lists.some(([, cells]) => cells.some(isObject))) return null;
  return Array.from({ length }, (_, row) => Object.fromEntries(lists.map(([name, cells]) => [name, cells[row]])));
}
