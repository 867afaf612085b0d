import {
  type ChatMessage,
  endOfReasoning,
  reasoningNames,
} from '../../../../src-shared/domain/generation/chat-message.ts';

/** Noncharacters of Unicode, which no text has: a mark is open or close, the message's number, and an end. */
const [open, close, stop, zero] = ['\uFDD0', '\uFDD1', '\uFDD2', 0xfde0];
const mark = new RegExp(`([${open}${close}])([\uFDE0-\uFDEF]+)${stop}`, 'g');
const anyMark = /[\uFDD0-\uFDEF]/;

/** Positions of the messages' contents in a rendered conversation by message number, in UTF-16 units. */
export interface MarkedText {
  /** The rendered text without the marks. */
  readonly text: string;
  readonly opens: ReadonlyMap<number, number>;
  readonly closes: ReadonlyMap<number, number>;
}

/** Conversation whose contents carry marks: of answers at both ends, of other messages at their end. */
export function withMarks(messages: readonly ChatMessage[]): readonly ChatMessage[] | null {
  if (anyMark.test(JSON.stringify(messages))) return null;
  return messages.map((message, at) =>
    message.role === 'assistant'
      ? markedAnswer(message, (text) => wrapped(text, signOf(open, at), signOf(close, at)))
      : { ...message, content: wrapped(message.content, '', signOf(close, at)) },
  );
}

/** Takes the marks out of a rendered text, the first of each kind and message. */
export function readMarks(rendered: string): MarkedText {
  const places = { [open]: new Map<number, number>(), [close]: new Map<number, number>() };
  let [text, end] = ['', 0];
  for (const found of rendered.matchAll(mark)) {
    const [whole, kind = '', digits = ''] = found;
    text += rendered.slice(end, found.index);
    end = found.index + whole.length;
    const message = [...digits].reduce((number, digit) => 16 * number + digit.charCodeAt(0) - zero, 0);
    const of = places[kind];
    if (of !== undefined && !of.has(message)) of.set(message, text.length);
  }
  const [opens, closes] = [places[open] ?? new Map(), places[close] ?? new Map()];
  return { text: text + rendered.slice(end), opens, closes };
}

function signOf(kind: string, message: number): string {
  const digits = [...message.toString(16)].map((digit) => String.fromCharCode(zero + Number.parseInt(digit, 16)));
  return `${kind}${digits.join('')}${stop}`;
}

/** Marks a text inside of the white space at its ends, which templates strip. Blank texts stay. */
function wrapped(text: string, before: string, after: string): string {
  const written = text.trim();
  if (written === '') return text;
  const start = text.indexOf(written);
  return `${text.slice(0, start)}${before}${written}${after}${text.slice(start + written.length)}`;
}

/** Marks what an answer says; else, of one that says nothing, its first call of a tool or its reasoning. */
function markedAnswer(message: ChatMessage, wrap: (text: string) => string): ChatMessage {
  const { content, tool_calls: calls } = message;
  const said = content.lastIndexOf(endOfReasoning);
  const from = said < 0 ? 0 : said + endOfReasoning.length;
  if (content.slice(from).trim() !== '')
    return { ...message, content: content.slice(0, from) + wrap(content.slice(from)) };
  if (Array.isArray(calls) && calls.length > 0)
    return { ...message, tool_calls: calls.map((call: unknown) => markedCall(call, wrap)) };
  const entries = Object.entries(message).map(([key, value]) =>
    reasoningNames.includes(key) && typeof value === 'string' ? ([key, wrap(value)] as const) : ([key, value] as const),
  );
  return { ...message, ...Object.fromEntries(entries) };
}

function markedCall(call: unknown, wrap: (text: string) => string): unknown {
  if (typeof call !== 'object' || call === null) return call;
  if ('function' in call) return { ...call, function: markedCall(call.function, wrap) };
  return 'name' in call && typeof call.name === 'string' ? { ...call, name: wrap(call.name) } : call;
}
