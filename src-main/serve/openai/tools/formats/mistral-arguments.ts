import { jsonEnd, skipSpace } from '../json-text.ts';
import { callOf, type ToolFormat } from '../tool-format.ts';

const [open, id, args] = ['[TOOL_CALLS]', '[CALL_ID]', '[ARGS]'];

/** A name and JSON between tokens: Mistral Small 3.2, Devstral, Ministral 3, Magistral. */
export const mistralArguments: ToolFormat = {
  id: 'mistral-arguments',
  begins: [open],
  marks: [id, args],
  callEnd: null,
  idLength: 9,
  read(text, at) {
    const start = at + open.length;
    const mark = text.indexOf(args, start);
    // The name is a word: a longer text without the token is content.
    if (mark < 0) return /^\s*[\w.-]*(\[[\w[\]]*)?$/.test(text.slice(start)) ? 'unfinished' : null;
    const [name = '', own] = text.slice(start, mark).split(id);
    const begin = skipSpace(text, mark + args.length);
    const end = jsonEnd(text, begin);
    if (typeof end !== 'number') return end;
    const call = callOf(name.trim(), text.slice(begin, end), own?.trim());
    return call === null ? null : { calls: [call], end };
  },
  write: (calls) => calls.map((call) => `${open}${call.name}${args}${call.arguments}`).join(''),
  start: (name) => (name === null ? open : `${open}${name}${args}`),
};
