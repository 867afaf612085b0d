import { z } from 'zod';

export const chatMessageSchema = z.looseObject({
  role: z.string().describe('usually system, user or assistant; the model template says which it knows'),
  content: z.string(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

export const finishReasonSchema = z.enum(['end', 'stop', 'length', 'context', 'cancelled']);
/** Why a text ends: the model's own end token, a stop string, as many tokens as allowed, no place left in the model, a person. */
export type FinishReason = z.infer<typeof finishReasonSchema>;
