import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type { ChatMessage } from '../../../../src-shared/domain/generation/chat-message.ts';
import { sharedTurns } from '../../../../src-shared/tasks/preference.ts';
import type { Content } from '../shared/prompt-writer.ts';

/** Prompt and its answers: the chosen and the rejected one, or the only one. */
export interface Prompt {
  readonly content: Content;
  readonly answers: readonly (string | readonly ChatMessage[])[];
}

/**
 * Splits a preference example into prompt and answers. The shared start of two conversations is the prompt; in a single
 * one, all but its last turn.
 */
export function promptOf(example: TextExample): Prompt {
  const { messages, completion, rejected } = example;
  if (messages === null) {
    const answers = typeof rejected === 'string' ? [completion ?? '', rejected] : [completion ?? ''];
    return { content: { ...example, completion: null }, answers };
  }
  const other = typeof rejected === 'string' ? undefined : rejected;
  const asked = other === undefined ? messages.length - 1 : sharedTurns(messages, other);
  return {
    content: { ...example, messages: messages.slice(0, asked) },
    answers: [messages, ...(other === undefined ? [] : [other])].map((turns) => turns.slice(asked)),
  };
}
