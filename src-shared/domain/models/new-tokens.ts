import { z } from 'zod';

/** A token to add to a model. */
export const newTokenSchema = z.strictObject({
  content: z.string().min(1, 'Enter the text of the token.').max(256, 'A token has at most 256 characters.'),
  special: z.boolean().default(true).describe('never split, and left out of decoded text'),
});
export type NewToken = z.infer<typeof newTokenSchema>;

/** An added token with its id. */
export const placedTokenSchema = z.object({ content: z.string(), special: z.boolean(), id: z.number().int() });
export type PlacedToken = z.infer<typeof placedTokenSchema>;

/** Tokens to add at once. */
export const newTokensSchema = z.array(newTokenSchema).min(1, 'Name at least one token.').max(1000);
