import { isJson, skipSpace } from '../json-text.ts';
import { callOf, type ReadingContext, readClose, type ToolFormat, type WrittenCall } from '../tool-format.ts';
import { typedArguments } from '../typed-arguments.ts';

const wrappers: readonly (readonly [string, string])[] = [
  ['<tool_call>', '</tool_call>'],
  ['<seed:tool_call>', '</seed:tool_call>'],
];
const [named, close] = ['<function=', '</function>'];

/** Tags for a function and each parameter: Qwen3-Coder, Qwen 3.5, Seed-OSS. JSON in the function's tag: Functionary 3.1. */
export const functionTags: ToolFormat = {
  id: 'function-tags',
  begins: [...wrappers.map(([open]) => open), named],
  marks: wrappers.map(([, end]) => end),
  callEnd: close,
  read(text, at, context) {
    const wrapper = wrappers.find(([open]) => text.startsWith(open, at));
    const begin = skipSpace(text, at + (wrapper?.[0].length ?? 0));
    const rest = text.slice(begin, begin + named.length);
    if (rest !== named) return named.startsWith(rest) && !context.isEnd ? 'unfinished' : null;
    const stop = text.indexOf(close, begin);
    if (stop < 0 && !context.isEnd) return 'unfinished';
    const call = callIn(text.slice(begin + named.length, stop < 0 ? text.length : stop), context);
    if (call === null) return null;
    if (stop < 0) return { calls: [call], end: text.length };
    const end = readClose(text, stop + close.length, wrapper?.[1] ?? null, context.isEnd);
    return end === 'unfinished' ? end : { calls: [call], end };
  },
  write: (calls) =>
    calls
      .map(
        (call) =>
          `<tool_call>\n${named}${call.name}>\n${Object.entries(Object(JSON.parse(call.arguments)))
            .map(([key, value]) => `<parameter=${key}>\n${textOf(value)}\n</parameter>\n`)
            .join('')}${close}\n</tool_call>`,
      )
      .join('\n'),
  start: (name) => `<tool_call>\n${named}${name === null ? '' : `${name}>\n`}`,
};

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function callIn(text: string, context: ReadingContext): WrittenCall | null {
  const [head, name] = /^([\w.-]+)>/.exec(text) ?? [];
  if (head === undefined || name === undefined) return null;
  const body = text.slice(head.length);
  if (body.trim().startsWith('{') && isJson(body)) return callOf(name, body);
  const values: [string, string][] = [];
  const rest = body.replaceAll(/<parameter=([^>]+)>\n?([\s\S]*?)\n?<\/parameter>/g, (_, key: string, value: string) => {
    values.push([key, value]);
    return '';
  });
  return rest.trim() === '' ? callOf(name, typedArguments(name, values, context)) : null;
}
