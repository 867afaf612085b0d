import { isJson, jsonElements, jsonEnd, jsonMembers, skipSpace, type Unfinished } from './json-text.ts';

/** A call of a function as a model wrote it. */
export interface WrittenCall {
  readonly name: string;
  /** JSON of an object, as it is written. */
  readonly arguments: string;
  /** Id that the model gave the call, if its format has ids. */
  readonly id?: string | undefined;
}

/** Calls that begin where a format was asked to read, and the position after them. */
export interface ReadCalls {
  readonly calls: readonly WrittenCall[];
  readonly end: number;
}

export interface ReadingContext {
  /** No more text will come. */
  readonly isEnd: boolean;
  /** JSON schemas of the parameters, by function. */
  readonly functions: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** A form in which models write calls of tools; tools/formats/index.ts lists all. */
export interface ToolFormat {
  readonly id: string;
  /** Texts that begin calls. */
  readonly begins: readonly string[];
  /** True if calls begin only where an answer does: their first text is common in content. */
  readonly isOnlyAtStart?: boolean;
  /** Further texts of the format that a tokenizer may have as special tokens. */
  readonly marks: readonly string[];
  /** Further texts of a prompt by which the format is known where its template writes no calls. */
  readonly signs?: readonly string[];
  /** Text that ends a call, after which no further text of it follows; null if no text tells the end. */
  readonly callEnd: string | null;
  /** Shape of ids that the templates of such models accept. */
  readonly idLength?: number;
  /**
   * Reads calls at a begin of the format. Null: the text is content.
   * @param at position of the begin
   */
  read(text: string, at: number, context: ReadingContext): ReadCalls | Unfinished | null;
  /** Writes calls, for templates that leave them out. */
  write(calls: readonly WrittenCall[]): string;
  /** Start of an answer that calls this function, or any for null. */
  start(name: string | null): string;
}

/** Returns a call whose arguments are the JSON of an object, or that JSON as a string; null for any other value. */
export function callOf(name: unknown, written: string | undefined, id?: unknown): WrittenCall | null {
  if (typeof name !== 'string' || name === '') return null;
  const text = (written ?? '{}').trim();
  const inner: unknown = text.startsWith('"') && isJson(text) ? JSON.parse(text) : text;
  const own = typeof inner === 'string' ? inner.trim() : '';
  if (!own.startsWith('{') || !isJson(own)) return null;
  return { name, arguments: own, ...(typeof id === 'string' && id !== '' ? { id } : {}) };
}

/** Keys of a call that is written as a JSON object; the first of each list that is present counts. */
export interface CallKeys {
  readonly name: readonly string[];
  readonly arguments: readonly string[];
}

/** Returns the call of a JSON object; null if it is none. */
export function jsonCall(text: string, keys: CallKeys): WrittenCall | null {
  const members = jsonMembers(text);
  if (members === null) return null;
  const first = (names: readonly string[]) =>
    names.map((name) => members.get(name)).find((value) => value !== undefined);
  const name = first(keys.name);
  const id = members.get('id');
  return callOf(name === undefined ? null : JSON.parse(name), first(keys.arguments), id && JSON.parse(id));
}

/** Reads a JSON object or a list of objects as calls, and the text that ends them if it follows. */
export function readJsonCalls(
  text: string,
  at: number,
  { keys, close, isEnd }: { readonly keys: CallKeys; readonly close: string | null; readonly isEnd: boolean },
): ReadCalls | Unfinished | null {
  const start = skipSpace(text, at);
  const end = jsonEnd(text, start);
  if (typeof end !== 'number') return end;
  const json = text.slice(start, end);
  const calls = (jsonElements(json) ?? [json]).map((element) => jsonCall(element, keys));
  if (calls.length === 0 || !calls.every((call) => call !== null)) return null;
  const after = readClose(text, end, close, isEnd);
  return after === 'unfinished' ? after : { calls, end: after };
}

/** Returns the position after `close`, which may be missing. */
export function readClose(text: string, at: number, close: string | null, isEnd: boolean): number | Unfinished {
  if (close === null) return at;
  const start = skipSpace(text, at);
  const rest = text.slice(start, start + close.length);
  if (rest === close) return start + close.length;
  return close.startsWith(rest) && !isEnd ? 'unfinished' : at;
}

export const usualKeys: CallKeys = { name: ['name'], arguments: ['arguments', 'parameters'] };

/** JSON of a call, as most templates write it. */
export function writtenJson({ name, arguments: text }: WrittenCall, key = 'arguments'): string {
  return `{"name": ${JSON.stringify(name)}, "${key}": ${text}}`;
}

/** Start of the JSON of a call. It ends where words begin, because tokens of words include the space before them. */
export function startedJson(name: string | null, key = 'arguments'): string {
  return name === null ? '{"name":' : `{"name": ${JSON.stringify(name)}, "${key}":`;
}
