import { randomBytes } from 'node:crypto';
import type { TokenProbability } from '../../../src-shared/domain/generation/generation.ts';
import type { GeneratedText } from './generate.ts';

/** Fields that all documents of one answer share. */
export interface AnswerHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/** A call of a tool in an answer. */
export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** A generated text whose calls of tools are separated from its content. */
export interface AnsweredText extends GeneratedText {
  readonly calls: readonly ToolCall[];
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Format of answers to one kind of request, at once and streamed. */
export interface AnswerForm {
  /** The whole answer. */
  whole(head: AnswerHead, texts: readonly AnsweredText[], usage: Usage): unknown;
  /** The first document of a streamed text; null: there is none before its text. */
  first(head: AnswerHead, index: number): unknown;
  /** @param tokens of the piece; null where no probabilities were requested */
  piece(head: AnswerHead, index: number, text: string, tokens: readonly TokenProbability[] | null): unknown;
  /**
   * Documents of calls.
   * @param from number of earlier calls in the text
   */
  calls(head: AnswerHead, index: number, calls: readonly ToolCall[], from: number): readonly object[];
  last(head: AnswerHead, index: number, text: AnsweredText): unknown;
  /** After all texts, where it was asked for. */
  usage(head: AnswerHead, usage: Usage): unknown;
}

export const chatForm: AnswerForm = {
  whole: (head, texts, usage) => ({
    ...head,
    object: 'chat.completion',
    choices: texts.map((text, index) => ({
      index,
      message:
        text.calls.length === 0
          ? { role: 'assistant', content: text.text, refusal: null }
          : { role: 'assistant', content: text.text || null, refusal: null, tool_calls: text.calls },
      logprobs: chatLogprobs(text.tokens ?? null),
      finish_reason: finishOf(text),
    })),
    usage,
  }),
  first: (head, index) => chatChunk(head, [choice(index, { delta: { role: 'assistant', content: '' } })]),
  piece: (head, index, content, tokens) =>
    chatChunk(head, [{ ...choice(index, { delta: { content } }), logprobs: chatLogprobs(tokens) }]),
  // The first document of a call names its function; the arguments follow.
  calls: (head, index, calls, from) =>
    calls.flatMap((call, at) => {
      const delta = (own: object) =>
        chatChunk(head, [choice(index, { delta: { tool_calls: [{ index: from + at, ...own }] } })]);
      const { name, arguments: text } = call.function;
      return [delta({ ...call, function: { name, arguments: '' } }), delta({ function: { arguments: text } })];
    }),
  last: (head, index, text) => chatChunk(head, [choice(index, { delta: {} }, finishOf(text))]),
  usage: (head, usage) => ({ ...chatChunk(head, []), usage }),
};

export const completionForm: AnswerForm = {
  whole: (head, texts, usage) => ({
    ...head,
    object: 'text_completion',
    choices: texts.map((text, index) => ({
      ...choice(index, { text: text.text }, finishOf(text)),
      logprobs: completionLogprobs(text.tokens ?? null),
    })),
    usage,
  }),
  first: () => null,
  piece: (head, index, text, tokens) =>
    completionChunk(head, [{ ...choice(index, { text }), logprobs: completionLogprobs(tokens) }]),
  calls: () => [],
  last: (head, index, text) => completionChunk(head, [choice(index, { text: '' }, finishOf(text))]),
  usage: (head, usage) => ({ ...completionChunk(head, []), usage }),
};

export function newHead(prefix: 'chatcmpl' | 'cmpl', model: string): AnswerHead {
  return { id: `${prefix}-${randomHex(24)}`, created: Math.floor(Date.now() / 1000), model };
}

/** Random hexadecimal digits, of an even number. */
export function randomHex(digits: number): string {
  return randomBytes(digits / 2).toString('hex');
}

/**
 * Tokens of all texts together; each prompt counts once.
 * @param n number of texts for each prompt
 */
export function usageOf(texts: readonly GeneratedText[], n: number): Usage {
  const prompt = texts.reduce((sum, { promptTokens }, index) => sum + (index % n === 0 ? promptTokens : 0), 0);
  const completion = texts.reduce((sum, { newTokens }) => sum + newTokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** Probabilities of tokens as chat completions have them. */
function chatLogprobs(tokens: readonly TokenProbability[] | null) {
  if (tokens === null) return null;
  const named = ({ text, logprob }: Pick<TokenProbability, 'text' | 'logprob'>) => ({
    token: text,
    logprob,
    // A part of a character has no text of its own to give the bytes of.
    bytes: text.includes('\u{FFFD}') ? null : [...Buffer.from(text)],
  });
  return { content: tokens.map((token) => ({ ...named(token), top_logprobs: token.top.map(named) })), refusal: null };
}

/** Probabilities of tokens as completions have them; offsets count characters of this answer or piece. */
function completionLogprobs(tokens: readonly TokenProbability[] | null) {
  if (tokens === null) return null;
  let offset = 0;
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top }) => Object.fromEntries(top.map(({ text, logprob }) => [text, logprob]))),
    text_offset: tokens.map(({ text }) => {
      offset += text.length;
      return offset - text.length;
    }),
  };
}

type Finish = 'stop' | 'length' | 'tool_calls';

function finishOf({ finish, calls }: AnsweredText): Finish {
  if (finish === 'length' || finish === 'context') return 'length';
  return calls.length > 0 ? 'tool_calls' : 'stop';
}

function choice(index: number, content: object, finish: Finish | null = null) {
  return { index, ...content, logprobs: null, finish_reason: finish };
}

function chatChunk(head: AnswerHead, choices: unknown[]) {
  return { ...head, object: 'chat.completion.chunk', choices };
}

function completionChunk(head: AnswerHead, choices: unknown[]) {
  return { ...head, object: 'text_completion', choices };
}
