import { z } from 'zod';

export const chatMessageSchema = z.looseObject({
  role: z.string().describe("usually system, user or assistant; the model's template defines the roles"),
  content: z.string(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

/** What a message says, its reasoning and its calls of tools included, to read it outside of a template. */
export function messageText({ content, reasoning_content: reasoning, tool_calls: calls }: ChatMessage): string {
  const parts = [
    ...(typeof reasoning === 'string' ? [reasoning] : []),
    content,
    ...(Array.isArray(calls) ? calls.map((call) => JSON.stringify(call)) : []),
  ];
  return parts.filter((part) => part !== '').join('\n');
}
