import { type ChatMessage, reasoningNames } from '../../../src-shared/domain/generation/chat-message.ts';

/** Messages with their reasoning by both names that templates ask for, whatever it is called in the file: as in Transformers. */
export function withReasoning(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.map((message) => {
    const reasoning = reasoningNames
      .map((name) => message[name])
      .find((value) => value !== undefined && value !== null);
    return reasoning === undefined ? message : { thinking: reasoning, ...message, reasoning_content: reasoning };
  });
}
