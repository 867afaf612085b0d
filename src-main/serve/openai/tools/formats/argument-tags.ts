import { callOf, type ToolFormat } from '../tool-format.ts';
import { typedArguments } from '../typed-arguments.ts';

const [open, close] = ['<tool_call>', '</tool_call>'];

/** Tags for the key and the value of each argument: GLM 4.5 and later. */
export const argumentTags: ToolFormat = {
  id: 'argument-tags',
  begins: [open],
  marks: [close, '<arg_key>', '</arg_key>', '<arg_value>', '</arg_value>'],
  callEnd: close,
  read(text, at, context) {
    const start = at + open.length;
    const stop = text.indexOf(close, start);
    if (stop < 0 && !context.isEnd) return 'unfinished';
    const body = text.slice(start, stop < 0 ? text.length : stop);
    const [head, name] = /^\s*([\w.-]+)\s*/.exec(body) ?? [];
    if (head === undefined || name === undefined) return null;
    const values: [string, string][] = [];
    const rest = body
      .slice(head.length)
      .replaceAll(
        /<arg_key>([\s\S]*?)<\/arg_key>\s*<arg_value>([\s\S]*?)<\/arg_value>/g,
        (_, key: string, value: string) => {
          values.push([key.trim(), value]);
          return '';
        },
      );
    const call = rest.trim() === '' ? callOf(name, typedArguments(name, values, context)) : null;
    return call === null ? null : { calls: [call], end: stop < 0 ? text.length : stop + close.length };
  },
  write: (calls) =>
    calls
      .map(
        (call) =>
          `${open}${call.name}\n${Object.entries(Object(JSON.parse(call.arguments)))
            .map(
              ([key, value]) =>
                `<arg_key>${key}</arg_key>\n<arg_value>${typeof value === 'string' ? value : JSON.stringify(value)}</arg_value>\n`,
            )
            .join('')}${close}`,
      )
      .join('\n'),
  start: (name) => `${open}${name === null ? '' : `${name}\n`}`,
};
