import { z } from 'zod';

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

/** Files of a model on the hub, before anything is downloaded. */
export const downloadPlanSchema = z.object({
  repository: z.string(),
  revision: z.string(),
  commit: z.string(),
  host: z.string().describe('host of the hub'),
  folder: z.string().describe('the target folder'),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), present: z.boolean() })),
});
export type DownloadPlan = z.infer<typeof downloadPlanSchema>;
