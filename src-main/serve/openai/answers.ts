import { randomBytes } from 'node:crypto';
import type { FinishReason } from '../../../src-shared/domain/generation/generation.ts';
import type { GeneratedText } from './generate.ts';

/** Fields that all documents of one answer share. */
export interface AnswerHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Format of answers to one kind of request, at once and streamed. */
export interface AnswerForm {
  /** The whole answer. */
  whole(head: AnswerHead, texts: readonly GeneratedText[], usage: Usage): unknown;
  /** The first document of a streamed text; null: there is none before its text. */
  first(head: AnswerHead, index: number): unknown;
  piece(head: AnswerHead, index: number, text: string): unknown;
  last(head: AnswerHead, index: number, text: GeneratedText): unknown;
  /** After all texts, where it was asked for. */
  usage(head: AnswerHead, usage: Usage): unknown;
}

export const chatForm: AnswerForm = {
  whole: (head, texts, usage) => ({
    ...head,
    object: 'chat.completion',
    choices: texts.map((text, index) => ({
      index,
      message: { role: 'assistant', content: text.text, refusal: null },
      logprobs: null,
      finish_reason: finishOf(text.finish),
    })),
    usage,
  }),
  first: (head, index) => chatChunk(head, [choice(index, { delta: { role: 'assistant', content: '' } })]),
  piece: (head, index, content) => chatChunk(head, [choice(index, { delta: { content } })]),
  last: (head, index, { finish }) => chatChunk(head, [choice(index, { delta: {} }, finishOf(finish))]),
  usage: (head, usage) => ({ ...chatChunk(head, []), usage }),
};

export const completionForm: AnswerForm = {
  whole: (head, texts, usage) => ({
    ...head,
    object: 'text_completion',
    choices: texts.map(({ text, finish }, index) => choice(index, { text }, finishOf(finish))),
    usage,
  }),
  first: () => null,
  piece: (head, index, text) => completionChunk(head, [choice(index, { text })]),
  last: (head, index, { finish }) => completionChunk(head, [choice(index, { text: '' }, finishOf(finish))]),
  usage: (head, usage) => ({ ...completionChunk(head, []), usage }),
};

export function newHead(prefix: 'chatcmpl' | 'cmpl', model: string): AnswerHead {
  return { id: `${prefix}-${randomBytes(12).toString('hex')}`, created: Math.floor(Date.now() / 1000), model };
}

/** Tokens of all texts together. */
export function usageOf(texts: readonly GeneratedText[]): Usage {
  const prompt = texts.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  const completion = texts.reduce((sum, { newTokens }) => sum + newTokens, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function finishOf(finish: FinishReason): 'stop' | 'length' {
  return finish === 'length' || finish === 'context' ? 'length' : 'stop';
}

function choice(index: number, content: object, finish: 'stop' | 'length' | null = null) {
  return { index, ...content, logprobs: null, finish_reason: finish };
}

function chatChunk(head: AnswerHead, choices: unknown[]) {
  return { ...head, object: 'chat.completion.chunk', choices };
}

function completionChunk(head: AnswerHead, choices: unknown[]) {
  return { ...head, object: 'text_completion', choices };
}
