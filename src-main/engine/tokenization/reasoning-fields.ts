import type { ChatMessage } from '../../../src-shared/domain/chat-message.ts';

/** A message's reasoning by the names that it has in files, the first that is there. */
const names = ['reasoning_content', 'thinking', 'reasoning'];

/** Messages with their reasoning by both names that templates ask for, whatever it is called in the file: as in Transformers. */
export function withReasoning(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.map((message) => {
    const reasoning = names.map((name) => message[name]).find((value) => value !== undefined && value !== null);
    return reasoning === undefined ? message : { thinking: reasoning, ...message, reasoning_content: reasoning };
  });
}
