import { z } from 'zod';
import { memoryRoomSchema, memoryVerdictSchema } from '../../results/memory-verdict.ts';
import { quantizationSchema } from './quantization.ts';

/** Settings of a training, and the memory that a step takes with them. */
export const memoryChoiceSchema = z.object({
  per_device_train_batch_size: z.number().int(),
  gradient_accumulation_steps: z.number().int(),
  gradient_checkpointing: z.boolean(),
  quantization: quantizationSchema.nullable().describe('to which the model is quantized first; null: as it is'),
  bytes: z.number(),
  verdict: memoryVerdictSchema,
});
export type MemoryChoice = z.infer<typeof memoryChoiceSchema>;

/** Memory needed to train a model with rank-16 LoRA on every linear layer. */
export const modelMemorySchema = z.object({
  modelId: z.string(),
  tokens: z.number().nullable().describe('of each example; null: images'),
  ...memoryRoomSchema.shape,
  choices: z.array(memoryChoiceSchema).min(1).describe('the fastest first, the one that needs the least memory last'),
});
export type ModelMemory = z.infer<typeof modelMemorySchema>;

/** The fastest settings that fit; else the ones that need the least memory. */
export function bestChoice({ choices }: Pick<ModelMemory, 'choices'>): MemoryChoice {
  const best = choices.find(({ verdict }) => verdict === 'fits') ?? choices.at(-1);
  if (best === undefined) throw new Error('a model has at least one choice');
  return best;
}
