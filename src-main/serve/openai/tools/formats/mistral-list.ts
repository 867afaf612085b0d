import { readJsonCalls, startedJson, type ToolFormat, usualKeys, writtenJson } from '../tool-format.ts';

const open = '[TOOL_CALLS]';

/** A list of JSON after a token: Mistral 7B v0.3, Nemo, Mixtral. */
export const mistral: ToolFormat = {
  id: 'mistral-list',
  begins: [open],
  marks: [],
  callEnd: null,
  idLength: 9,
  read: (text, at, { isEnd }) => readJsonCalls(text, at + open.length, { keys: usualKeys, close: null, isEnd }),
  write: (calls) => `${open}[${calls.map((call) => writtenJson(call)).join(', ')}]`,
  start: (name) => `${open}[${startedJson(name)}`,
};
