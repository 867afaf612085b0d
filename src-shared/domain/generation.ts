import { z } from 'zod';
import { parameterValuesSchema } from './parameter.ts';
import { adapterReferenceSchema } from './study.ts';

export const chatMessageSchema = z.looseObject({
  role: z.string().describe("usually system, user or assistant; the model's template says which it knows"),
  content: z.string(),
});
export type ChatMessage = z.infer<typeof chatMessageSchema>;

/** What a model goes on from: a text as it is, or a conversation in the model's own template. */
export const promptSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text'), text: z.string() }),
  z.strictObject({ kind: z.literal('chat'), messages: z.array(chatMessageSchema).min(1) }),
]);
export type Prompt = z.infer<typeof promptSchema>;

export const generationSettingsSchema = z.strictObject({
  max_new_tokens: z.number().int().min(1).max(1_000_000).default(128),
  /** The text ends before the first of these. */
  stop: z.array(z.string().min(1)).default([]),
  seed: z.number().int().default(0),
  compute_dtype: z.enum(['auto', 'float32', 'bfloat16']).default('float32').describe('of the products with the base'),
  /** Of the logits processors, by name; the catalogue's `sampling` declares them. */
  sampling: parameterValuesSchema.default({}),
});
export type GenerationSettings = z.infer<typeof generationSettingsSchema>;

export const generationRequestSchema = generationSettingsSchema.extend({
  model: z.string(),
  /** A text for each: of the base alone (null), or with an adapter. */
  columns: z.array(adapterReferenceSchema.nullable()).min(1).max(8),
  prompt: promptSchema,
});
export type GenerationRequest = z.infer<typeof generationRequestSchema>;

export const finishReasonSchema = z.enum(['end', 'stop', 'length', 'context', 'cancelled']);
/** Why a text ends: the model's own end token, a stop string, as many tokens as allowed, no place left in the model, a person. */
export type FinishReason = z.infer<typeof finishReasonSchema>;

const ratesSchema = z.object({
  promptTokens: z.number().int(),
  promptSeconds: z.number(),
  newTokens: z.number().int(),
  generationSeconds: z.number().describe('from the first new token to the last'),
});
export type GenerationRates = z.infer<typeof ratesSchema>;

export const generationResultSchema = z.object({
  prompt: z.string().describe('the text that the model read: the conversation as its template writes it'),
  columns: z.array(ratesSchema.extend({ text: z.string(), finish: finishReasonSchema })),
});
export type GenerationResult = z.infer<typeof generationResultSchema>;

/** What a column's text grew by. */
export const textPieceSchema = ratesSchema.extend({ column: z.number().int(), text: z.string() });
export type TextPiece = z.infer<typeof textPieceSchema>;

/** New tokens a second: the first one comes out of the prompt. */
export function newTokensPerSecond({ newTokens, generationSeconds }: GenerationRates): number | null {
  return newTokens > 1 && generationSeconds > 0 ? (newTokens - 1) / generationSeconds : null;
}
