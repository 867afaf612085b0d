import { z } from 'zod';
import { adapterReferenceSchema } from './adapter-reference.ts';
import { parameterValuesSchema } from './parameter.ts';
import { parametersOf } from './parameters-of.ts';

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
  max_new_tokens: z.number().int().min(1).max(1_000_000).default(128).meta({
    title: 'Max new tokens',
    description: 'Number of tokens to generate at most.',
    unit: 'tokens',
    step: 32,
  }),
  stop: z.array(z.string().min(1)).default([]).meta({
    title: 'Stop strings',
    description: 'Generation ends before the first of these.',
    empty: 'none',
  }),
  seed: z.number().int().default(0).meta({
    title: 'Seed',
    description: 'The same seed gives the same text.',
  }),
  compute_dtype: z.enum(['auto', 'float32', 'bfloat16']).default('float32').meta({
    title: 'Compute dtype',
    description:
      'Of the matrix products with the base. bfloat16 is about twice as fast for large models; outputs may differ slightly. auto takes it where it is faster.',
  }),
  /** Of the logits processors, by name; the catalog's `sampling` declares them. */
  sampling: parameterValuesSchema.default({}),
});
/** Of a generation, besides model, columns, prompt and sampling. */
export const generationParameters = parametersOf(generationSettingsSchema);
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
