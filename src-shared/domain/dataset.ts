import { z } from 'zod';

/** Where the examples are: what an engine job needs to open them again. `reader` is the id of a reader of the catalog. */
export const datasetSourceSchema = z.object({
  reader: z.string(),
  path: z.string().describe('absolute file or folder'),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
export type DatasetSource = z.infer<typeof datasetSourceSchema>;

export const splitSummarySchema = z.object({
  name: z.enum(['train', 'test']),
  exampleCount: z.number().int(),
  perLabel: z.array(z.number().int()).describe('examples of each label, in the order of labels'),
});
export type SplitSummary = z.infer<typeof splitSummarySchema>;

export const datasetDescriptionSchema = z.object({
  task: z.enum(['image-classification']),
  labels: z.array(z.string()),
  image: z.object({ height: z.number().int(), width: z.number().int(), channels: z.number().int() }).nullable(),
  splits: z.array(splitSummarySchema),
  problems: z
    .array(z.object({ where: z.string(), message: z.string() }))
    .describe('what was skipped, with the row or file'),
  sizeBytes: z.number().int(),
});
export type DatasetDescription = z.infer<typeof datasetDescriptionSchema>;

export const datasetRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  bundled: z.boolean(),
  licence: z.string().nullable(),
  provenance: z.string().nullable(),
  source: datasetSourceSchema,
  description: datasetDescriptionSchema,
  createdAt: z.number(),
});
export type DatasetRecord = z.infer<typeof datasetRecordSchema>;

/** One example of a preview. `pixels` has height × width × channels bytes, row by row. */
export const examplePreviewSchema = z.object({
  index: z.number().int(),
  label: z.number().int(),
  width: z.number().int(),
  height: z.number().int(),
  channels: z.number().int(),
  pixels: z.instanceof(Uint8Array),
});
export type ExamplePreview = z.infer<typeof examplePreviewSchema>;
