import { type CallKeys, readJsonCalls, type ToolFormat } from '../tool-format.ts';

const [open, close] = ['<|START_ACTION|>', '<|END_ACTION|>'];
const keys: CallKeys = { name: ['tool_name'], arguments: ['parameters'] };

/** A list of actions between tokens: Command R7B and later. */
export const cohere: ToolFormat = {
  id: 'cohere-actions',
  begins: [open],
  marks: [close],
  callEnd: null,
  read: (text, at, { isEnd }) => readJsonCalls(text, at + open.length, { keys, close, isEnd }),
  write: (calls) =>
    `${open}[${calls
      .map(
        ({ name, arguments: text }, index) =>
          `{"tool_call_id": "${index}", "tool_name": ${JSON.stringify(name)}, "parameters": ${text}}`,
      )
      .join(', ')}]${close}`,
  start: (name) =>
    `${open}[{"tool_call_id": "0", "tool_name":${name === null ? '' : ` ${JSON.stringify(name)}, "parameters":`}`,
};
