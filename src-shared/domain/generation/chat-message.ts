import { z } from 'zod';

export const chatMessageSchema = z.looseObject({
  role: z.string().describe("usually system, user or assistant; the model's template defines the roles"),
  content: z.string(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

/** Returns whether a message is out of the loss: `weight: 0` of OpenAI and Mistral, `train: false` of Axolotl. */
export function isExcluded({ weight, train }: ChatMessage): boolean {
  return Number(weight ?? 1) === 0 || train === false;
}

/** Names of a message's reasoning in files; the first one that is present counts. */
export const reasoningNames: readonly string[] = ['reasoning_content', 'thinking', 'reasoning'];
/** Templates split an answer here. */
export const endOfReasoning = '</think>';

/** The reasoning of an answer: beside its content, or in it, before `</think>`; null if there is none. */
export function reasoningOf(message: ChatMessage): string | null {
  const beside = reasoningNames.map((name) => message[name]).find((value) => typeof value === 'string');
  const [before, after] = message.content.split(endOfReasoning);
  const within = after === undefined ? '' : (before?.split('<think>').at(-1) ?? '');
  const reasoning = typeof beside === 'string' ? beside : within;
  return reasoning.trim() === '' ? null : reasoning.trim();
}

/** Returns the readable text of a message, including reasoning and tool calls, for display outside of a template. */
export function messageText({ content, reasoning_content: reasoning, tool_calls: calls }: ChatMessage): string {
  const parts = [
    ...(typeof reasoning === 'string' ? [reasoning] : []),
    content,
    ...(Array.isArray(calls) ? calls.map((call) => JSON.stringify(call)) : []),
  ];
  return parts.filter((part) => part !== '').join('\n');
}
