import { callOf, readClose, type ToolFormat, type WrittenCall } from '../tool-format.ts';

const [open, close] = ['<｜tool▁calls▁begin｜>', '<｜tool▁calls▁end｜>'];
const [callOpen, callClose, separator] = ['<｜tool▁call▁begin｜>', '<｜tool▁call▁end｜>', '<｜tool▁sep｜>'];

/** Names and JSON between tokens: DeepSeek R1 with a fenced block and a type, V3.1 without. */
export const deepseek: ToolFormat = {
  id: 'deepseek-calls',
  begins: [open],
  marks: [close, callOpen, callClose, separator],
  callEnd: close,
  read(text, at, { isEnd }) {
    const calls: WrittenCall[] = [];
    let end = at + open.length;
    for (;;) {
      const begin = readClose(text, end, callOpen, isEnd);
      if (begin === 'unfinished') return begin;
      if (begin === end) break;
      const stop = text.indexOf(callClose, begin);
      if (stop < 0 && !isEnd) return 'unfinished';
      const call = callIn(text.slice(begin, stop < 0 ? text.length : stop));
      if (call === null) return null;
      calls.push(call);
      end = stop < 0 ? text.length : stop + callClose.length;
    }
    const after = readClose(text, end, close, isEnd);
    if (after === 'unfinished') return after;
    // Further calls may follow unless the end is written.
    if (after === end && !isEnd && text.slice(end).trim() === '') return 'unfinished';
    return calls.length === 0 ? null : { calls, end: after };
  },
  write: (calls) =>
    `${open}${calls
      .map((call) => `${callOpen}function${separator}${call.name}\n\`\`\`json\n${call.arguments}\n\`\`\`${callClose}`)
      .join('\n')}${close}`,
  start: (name) => `${open}${callOpen}${name === null ? '' : `function${separator}${name}\n\`\`\`json\n`}`,
};

/** Reads `type, separator, name, fenced JSON` or `name, separator, JSON`. */
function callIn(text: string): WrittenCall | null {
  const [first = '', second] = text.split(separator);
  if (second === undefined) return null;
  const [, name, fenced] = /^\s*(\S+)\s*```(?:json)?\s*([\s\S]*?)\s*(?:```\s*)?$/.exec(second) ?? [];
  return name === undefined ? callOf(first.trim(), second) : callOf(name, fenced);
}
