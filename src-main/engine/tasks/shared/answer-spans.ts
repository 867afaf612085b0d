import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ChatMessage } from '../../../../src-shared/domain/generation/chat-message.ts';
import { sharedLength } from './shared-length.ts';
import { type MarkedText, readMarks, withMarks } from './talk-marks.ts';

/** Tokens [start, end) of an answer and its end of turn in a rendered conversation; empty if the template drops it. */
export interface AnswerSpan {
  /** Number of the message. */
  readonly turn: number;
  readonly start: number;
  readonly end: number;
}

interface MarkedTalk {
  readonly messages: readonly ChatMessage[];
  readonly read: MarkedText;
}

/** Writes messages as text; with `true`, up to where an answer begins. */
export type Render = (messages: readonly ChatMessage[], addGenerationPrompt: boolean) => string;

/** Tokens of a text that a template wrote. */
export type Encode = (text: string) => readonly number[];

/**
 * Finds every answer of the assistant in a rendered conversation. The tokens of an answer are those that the model would
 * generate: they follow the generation prompt and include the end of the turn.
 */
export class AnswerSpans {
  private readonly messages: readonly ChatMessage[];
  private readonly render: Render;
  private readonly encode: Encode;
  private readonly text: string;
  private readonly ids: readonly number[];
  private marks: MarkedTalk | null | undefined;
  private readonly prompts = new Map<string, readonly number[]>();
  private plainTail: readonly number[] | undefined;

  constructor(messages: readonly ChatMessage[], text: string, ids: readonly number[], render: Render, encode: Encode) {
    this.messages = messages;
    this.text = text;
    this.ids = ids;
    this.render = render;
    this.encode = encode;
  }

  all(): AnswerSpan[] {
    return this.messages.flatMap(({ role }, turn) => (role === 'assistant' ? [{ turn, ...this.span(turn) }] : []));
  }

  private span(turn: number): { start: number; end: number } {
    // A template that wrote one turn otherwise is not asked again at each turn.
    if (this.marks) return this.markedSpan(turn, this.marks);
    const prompt = this.attempt(this.messages.slice(0, turn), true);
    const isLast = turn === this.messages.length - 1;
    const whole = isLast ? this.text : this.attempt(this.messages.slice(0, turn + 1), false);
    // Most templates write a turn the same whatever follows: the prompt and the turn are parts of the text as they are.
    if (prompt !== null && whole !== null && this.text.startsWith(prompt) && this.text.startsWith(whole))
      return { start: this.tokenAt(prompt), end: this.tokenAt(whole) };
    const marks = this.marked();
    return marks === null ? { start: 0, end: 0 } : this.markedSpan(turn, marks);
  }

  /**
   * The answer of a turn that the template writes otherwise once others follow it, found by marks in the messages. The
   * answer begins after the longest beginning of the generation prompt that precedes it, and ends with the tokens that end the
   * turn when it is the last one.
   */
  private markedSpan(turn: number, { messages, read }: MarkedTalk): { start: number; end: number } {
    const [open, close] = [read.opens.get(turn), read.closes.get(turn)];
    if (open === undefined || close === undefined || close < open) return { start: 0, end: 0 };
    const before = [...read.closes].flatMap(([message, at]) => (message < turn && at <= open ? [at] : []));
    const from = this.tokenAt(this.text.slice(0, Math.max(0, ...before)));
    const to = this.tokenAt(this.text.slice(0, open));
    // A header of this turn may come twice, e.g. before its reasoning; a message without a mark has a header of its own.
    const start = this.afterPrompt(this.generationPrompt(turn), from, to, turn > 0 && !read.closes.has(turn - 1));
    const said = this.tokenAt(this.text.slice(0, close));
    const tail = this.tail(turn, messages);
    return { start, end: Math.max(start, said + sharedLength(this.ids.slice(said, said + tail.length), tail)) };
  }

  /** The conversation with marks; null if the template writes such a conversation otherwise than without them. */
  private marked(): MarkedTalk | null {
    if (this.marks !== undefined) return this.marks;
    const messages = withMarks(this.messages);
    const rendered = messages === null ? null : this.attempt(messages, false);
    const read = rendered === null ? null : readMarks(rendered);
    this.marks = messages === null || read === null || read.text !== this.text ? null : { messages, read };
    return this.marks;
  }

  /** Tokens that `add_generation_prompt` adds before a turn: the same after every message of one role. */
  private generationPrompt(turn: number): readonly number[] {
    const role = this.messages[turn - 1]?.role ?? '';
    const known = this.prompts.get(role);
    if (known !== undefined) return known;
    const prompt = this.attempt(this.messages.slice(0, turn), true);
    const without = this.attempt(this.messages.slice(0, turn), false);
    const ids = prompt === null || without === null ? [] : this.encode(prompt);
    const added = ids.slice(sharedLength(ids, this.encode(without ?? '')));
    this.prompts.set(role, added);
    return added;
  }

  /** Index after the first (or last) longest beginning of `prompt` in [from, to); `to` if there is none. */
  private afterPrompt(prompt: readonly number[], from: number, to: number, takesLast: boolean): number {
    let [longest, after] = [0, to];
    for (let at = from; at < to; at++) {
      let length = 0;
      while (length < prompt.length && at + length < to && this.ids[at + length] === prompt[length]) length++;
      if (length > longest || (takesLast && length > 0 && length === longest)) [longest, after] = [length, at + length];
    }
    return after;
  }

  /** Tokens that follow an answer where it is the last turn: those that a model ends it with. Calls of tools may end otherwise. */
  private tail(turn: number, marked: readonly ChatMessage[]): readonly number[] {
    const hasCalls = this.messages[turn]?.['tool_calls'] !== undefined;
    if (this.plainTail !== undefined && !hasCalls) return this.plainTail;
    const rendered = this.attempt(marked.slice(0, turn + 1), false);
    const { text, closes } = readMarks(rendered ?? '');
    const close = closes.get(turn);
    const ids = close === undefined ? [] : this.encode(text);
    const tail = ids.slice(sharedLength(ids, this.encode(text.slice(0, close))));
    if (!hasCalls) this.plainTail = tail;
    return tail;
  }

  /** Number of tokens of the text's beginning that it shares with the whole. */
  private tokenAt(beginning: string): number {
    return beginning.length === this.text.length ? this.ids.length : sharedLength(this.ids, this.encode(beginning));
  }

  /** A rendered part of the conversation; null if the template rejects it. */
  private attempt(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string | null {
    try {
      return this.render(messages, addGenerationPrompt);
    } catch (thrown) {
      if (thrown instanceof StudioError) return null;
      throw thrown;
    }
  }
}
