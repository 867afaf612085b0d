import { z } from 'zod';
import { modelMemorySchema } from './model-memory.ts';

/** A model in the Hugging Face cache of this machine. */
export const cachedModelSchema = z.object({
  repository: z.string().describe('org/name'),
  revision: z.string().describe('main, a tag, or the first digits of the commit'),
  kind: z.enum(['folder', 'gguf']),
  path: z.string().describe('absolute path of the snapshot, or of the GGUF file in it'),
  modelType: z.string().nullable().describe('model_type of config.json'),
  bytes: z.number().describe('of the weights'),
});
export type CachedModel = z.infer<typeof cachedModelSchema>;

/** A dataset that Hugging Face's datasets has prepared in its cache on this machine. */
export const cachedDatasetSchema = z.object({
  repository: z.string().describe('org/name, or the name of the program that read it, e.g. csv'),
  configuration: z.string(),
  path: z.string().describe('absolute path of its folder'),
  bytes: z.number().describe('of its tables'),
});
export type CachedDataset = z.infer<typeof cachedDatasetSchema>;

/** A form in which a model on the hub has its weights. */
export const weightFormatSchema = z.object({
  quantization: z.string().nullable().describe('type of a GGUF file, e.g. Q4_K_M; null: safetensors'),
  bytes: z.number(),
});
export type WeightFormat = z.infer<typeof weightFormatSchema>;

/** A model on the hub, described by its config and the headers of its weights. */
export const plannedModelSchema = z.object({
  family: z.string().describe('name of the family, e.g. Llama'),
  architecture: z.string(),
  parameterCount: z.number(),
  memory: modelMemorySchema
    .omit({ modelId: true })
    .nullable()
    .describe('of a training with LoRA of rank 16 on every linear layer; null: it cannot be estimated'),
});
export type PlannedModel = z.infer<typeof plannedModelSchema>;

/** Files of a model on the hub, before anything is downloaded. */
export const downloadPlanSchema = z.object({
  repository: z.string(),
  revision: z.string(),
  commit: z.string(),
  host: z.string().describe('host of the hub'),
  folder: z.string().describe('the target folder'),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), present: z.boolean() })),
  quantization: z.string().nullable().describe('type of the GGUF file; null: safetensors'),
  formats: z.array(weightFormatSchema).describe('all that the model has, of which one is downloaded'),
  model: plannedModelSchema
    .nullable()
    .default(null)
    .describe('null: all files are downloaded already, or only the whole weights describe the model'),
});
export type DownloadPlan = z.infer<typeof downloadPlanSchema>;
