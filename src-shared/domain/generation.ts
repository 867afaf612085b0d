import { z } from 'zod';

export const chatMessageSchema = z.looseObject({
  role: z.string().describe('usually system, user or assistant; the model template says which it knows'),
  content: z.string(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;
