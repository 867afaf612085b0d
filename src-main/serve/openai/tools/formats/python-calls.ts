import { parsePythonLiteral } from '../../../../../src-shared/python-literal.ts';
import { isJson } from '../json-text.ts';
import type { ToolFormat, WrittenCall } from '../tool-format.ts';

const [open, close] = ['<|tool_call_start|>', '<|tool_call_end|>'];

/** A list of calls as Python writes them: LFM2. */
export const pythonCalls: ToolFormat = {
  id: 'python-calls',
  begins: [open],
  marks: [close],
  signs: ['<|tool_list_start|>', 'List of tools: ['],
  callEnd: null,
  read(text, at, { isEnd }) {
    const start = at + open.length;
    const stop = text.indexOf(close, start);
    if (stop < 0 && !isEnd) return 'unfinished';
    const calls = callsIn(text.slice(start, stop < 0 ? text.length : stop).trim());
    return calls === null ? null : { calls, end: stop < 0 ? text.length : stop + close.length };
  },
  write: (calls) =>
    `${open}[${calls
      .map(({ name, arguments: text }) => {
        const given = Object.entries(Object(JSON.parse(text)));
        return `${name}(${given.map(([key, value]) => `${key}=${pythonOf(value)}`).join(', ')})`;
      })
      .join(', ')}]${close}`,
  start: (name) => `${open}[${name === null ? '' : `${name}(`}`,
};

/** Reads `[name(key=value, …), …]`; null for any other text. */
function callsIn(text: string): WrittenCall[] | null {
  const inner = /^\[([\s\S]*)\]$/.exec(text)?.[1];
  const parts = inner === undefined ? null : splitAtCommas(inner);
  if (parts === null || parts.length === 0) return null;
  const calls = parts.map((part) => callIn(part));
  return calls.every((call) => call !== null) ? calls : null;
}

function callIn(text: string): WrittenCall | null {
  const [, name, inner] = /^([\w.-]+)\(([\s\S]*)\)$/.exec(text) ?? [];
  const parts = name === undefined || inner === undefined ? null : splitAtCommas(inner);
  const members = parts?.map((part) => {
    const [head, key] = /^(\w+)\s*=\s*/.exec(part) ?? [];
    const value = head === undefined ? null : jsonOf(part.slice(head.length));
    return value === null ? null : `${JSON.stringify(key)}: ${value}`;
  });
  if (name === undefined || !members?.every((member) => member !== null)) return null;
  return { name, arguments: `{${members.join(', ')}}` };
}

/** JSON of a value that is written in Python or in JSON; null for any other text. */
function jsonOf(text: string): string | null {
  if (isJson(text)) return text;
  try {
    return JSON.stringify(parsePythonLiteral(text)) ?? null;
  } catch {
    return null;
  }
}

/** Splits a text at commas outside of strings and brackets; null if brackets are open. */
function splitAtCommas(text: string): string[] | null {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (const found of text.matchAll(/'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|[[\](){},]/g)) {
    const [token] = found;
    if ('[({'.includes(token)) depth++;
    else if ('])}'.includes(token)) depth--;
    if (depth < 0) return null;
    if (token !== ',' || depth > 0) continue;
    parts.push(text.slice(start, found.index).trim());
    start = found.index + 1;
  }
  const last = text.slice(start).trim();
  if (depth !== 0) return null;
  return last === '' ? parts : [...parts, last];
}

function pythonOf(value: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonOf).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${pythonOf(inner)}`)
    .join(', ')}}`;
}
