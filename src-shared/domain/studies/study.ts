import { z } from 'zod';
import { studyConfigSchema, studyResultSchema } from '../../studies/index.ts';
import { provenanceSchema } from '../adapters/provenance.ts';

export const studyRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.enum(['queued', 'running', 'completed', 'cancelled', 'failed', 'interrupted']),
  config: studyConfigSchema,
  result: studyResultSchema.nullable(),
  provenance: provenanceSchema
    .nullable()
    .default(null)
    .describe('how the result was made; null without one or by older versions'),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  parentId: z.string().nullable().describe('the demo study it belongs to'),
  target: z.string().nullable().default(null).describe('where its runs are trained; null: here'),
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
});
export type StudyRecord = z.infer<typeof studyRecordSchema>;

/** A file that a study can be saved as. */
export const studyFileSchema = z.object({ name: z.string(), text: z.string() });
export type StudyFile = z.infer<typeof studyFileSchema>;

/** A study that was written as a folder to publish. */
export const studyPackageSchema = z.object({
  folder: z.string(),
  files: z.number().int(),
  bytes: z.number(),
  notes: z.array(z.string()).describe('what the folder lacks'),
});
export type StudyPackage = z.infer<typeof studyPackageSchema>;

/** The check of such a folder. */
export const packageCheckSchema = z.object({
  files: z.number().int().describe('files with a checksum'),
  scores: z.number().int().describe('scores whose examples were checked'),
  problems: z.array(z.string()),
});
export type PackageCheck = z.infer<typeof packageCheckSchema>;
