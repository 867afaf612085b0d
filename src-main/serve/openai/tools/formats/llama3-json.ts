import { skipSpace } from '../json-text.ts';
import { readJsonCalls, startedJson, type ToolFormat, usualKeys, writtenJson } from '../tool-format.ts';

const tag = '<|python_tag|>';

/** Bare JSON as the whole answer: Llama 3.1 to 3.3. Calls of functions that were not offered are content. */
export const llama: ToolFormat = {
  id: 'llama3-json',
  begins: ['{', tag],
  isOnlyAtStart: true,
  marks: [],
  callEnd: null,
  read(text, at, { isEnd, functions }) {
    const start = text.startsWith(tag, at) ? at + tag.length : at;
    const found = readJsonCalls(text, start, { keys: usualKeys, close: null, isEnd });
    if (found === null || found === 'unfinished') return found;
    if (!found.calls.every(({ name }) => functions.has(name))) return null;
    // Several calls are separated by semicolons.
    const next = skipSpace(text, found.end);
    if (next === text.length && !isEnd) return 'unfinished';
    return { ...found, end: text[next] === ';' ? next + 1 : found.end };
  },
  write: (calls) => calls.map((call) => writtenJson(call, 'parameters')).join('; '),
  start: (name) => startedJson(name, 'parameters'),
};
