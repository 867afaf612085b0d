import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import { type ChatMessage, isExcluded, messageText } from '../../../src-shared/domain/generation/chat-message.ts';
import { preferenceOf } from '../../../src-shared/tasks/preference.ts';

/** Label that the data give an answer. */
export type Verdict = 'chosen' | 'rejected' | 'wanted' | 'unwanted';

export interface Turn {
  readonly role: string;
  readonly text: string;
  /** Present on an answer that the data exclude from the loss. */
  readonly isExcluded?: true;
}

/** An example as people chat: what was said, then the answers that the data compare; without any, nothing of them. */
export interface ConversationTurns {
  readonly turns: readonly Turn[];
  readonly answers: readonly { readonly verdict: Verdict; readonly turns: readonly Turn[] }[];
}

/** The conversation of an example of messages, or of a prompt and a completion; null for other examples. */
export function conversationOf(example: TextExample): ConversationTurns | null {
  const { messages, prompt, completion, rejected, desirable } = example;
  const verdict = desirable === undefined ? null : desirable ? 'wanted' : 'unwanted';
  if (messages !== null) {
    const preference = preferenceOf(example);
    if (preference.rejected.length > 0)
      return {
        turns: turnsOf(preference.asked),
        answers: [
          { verdict: 'chosen', turns: turnsOf(preference.chosen) },
          { verdict: 'rejected', turns: turnsOf(preference.rejected) },
        ],
      };
    if (verdict === null) return { turns: turnsOf(messages), answers: [] };
    return { turns: turnsOf(messages.slice(0, -1)), answers: [{ verdict, turns: turnsOf(messages.slice(-1)) }] };
  }
  if (prompt === null || completion === null) return null;
  const asked: Turn[] = [{ role: 'prompt', text: prompt }];
  const answer = (text: string): Turn[] => [{ role: 'completion', text }];
  if (typeof rejected === 'string')
    return {
      turns: asked,
      answers: [
        { verdict: 'chosen', turns: answer(completion) },
        { verdict: 'rejected', turns: answer(rejected) },
      ],
    };
  if (verdict !== null) return { turns: asked, answers: [{ verdict, turns: answer(completion) }] };
  return { turns: [...asked, ...answer(completion)], answers: [] };
}

function turnsOf(messages: readonly ChatMessage[]): Turn[] {
  return messages.map((message) => ({
    role: message.role,
    text: messageText(message),
    ...(message.role === 'assistant' && isExcluded(message) ? { isExcluded: true } : {}),
  }));
}
