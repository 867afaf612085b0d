import { z } from 'zod';

/** A model that lies in the Hugging Face cache of this machine. */
export const cachedModelSchema = z.object({
  repository: z.string().describe('org/name'),
  revision: z.string().describe('main, a tag, or the first digits of the commit'),
  kind: z.enum(['folder', 'gguf']),
  path: z.string().describe('absolute: the snapshot, or the GGUF file in it'),
  modelType: z.string().nullable().describe('model_type of config.json'),
  bytes: z.number().describe('of the weights'),
});
export type CachedModel = z.infer<typeof cachedModelSchema>;

/** What getting a model from the hub would bring, before anything is fetched. */
export const downloadPlanSchema = z.object({
  repository: z.string(),
  revision: z.string(),
  commit: z.string(),
  host: z.string().describe('where it would come from'),
  folder: z.string().describe('where it would lie'),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), present: z.boolean() })),
});
export type DownloadPlan = z.infer<typeof downloadPlanSchema>;
