import { readJsonCalls, startedJson, type ToolFormat, usualKeys, writtenJson } from '../tool-format.ts';

const [open, close] = ['<|tool_call|>', '<|/tool_call|>'];

/** A list of JSON after a token: Granite 3, Phi-4-mini. */
export const granite: ToolFormat = {
  id: 'granite-list',
  begins: [open],
  marks: [close],
  callEnd: null,
  read: (text, at, { isEnd }) => readJsonCalls(text, at + open.length, { keys: usualKeys, close, isEnd }),
  write: (calls) => `${open}[${calls.map((call) => writtenJson(call)).join(', ')}]`,
  start: (name) => `${open}[${startedJson(name)}`,
};
