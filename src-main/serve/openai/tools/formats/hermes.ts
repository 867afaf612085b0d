import { readJsonCalls, startedJson, type ToolFormat, usualKeys, writtenJson } from '../tool-format.ts';

const [open, close] = ['<tool_call>', '</tool_call>'];

/** JSON in tags: Hermes, Qwen 2.5 and 3, Granite 4, SmolLM3. */
export const hermes: ToolFormat = {
  id: 'hermes',
  begins: [open],
  marks: [close],
  callEnd: close,
  read: (text, at, { isEnd }) => readJsonCalls(text, at + open.length, { keys: usualKeys, close, isEnd }),
  write: (calls) => calls.map((call) => `${open}\n${writtenJson(call)}\n${close}`).join('\n'),
  start: (name) => `${open}\n${startedJson(name)}`,
};
