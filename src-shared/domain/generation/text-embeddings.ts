import { z } from 'zod';
import { adapterReferenceSchema } from '../adapters/adapter-reference.ts';

/** Maximum number of texts of one request. */
export const maxEmbeddedTexts = 2048;

const inputsSchema = z
  .array(z.union([z.string(), z.array(z.number().int().min(0)).min(1)]))
  .min(1)
  .max(maxEmbeddedTexts)
  .describe('texts, or the ids of their tokens, special tokens included');

/** Texts whose vectors are requested, from a base alone or with an adapter. */
export const embeddingRequestSchema = z.strictObject({
  model: z.string(),
  adapter: adapterReferenceSchema.nullable(),
  inputs: inputsSchema,
  dimensions: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('leading values of each vector to keep, for models trained for it; null: all'),
});

export const embeddingResultSchema = z.object({
  width: z.number().int().describe('values of a vector'),
  vectors: z.string().describe('vectors of unit length, in the order of the inputs: float32, little-endian, base64'),
  tokens: z.array(z.number().int()).describe('tokens of each input, special tokens included'),
});
