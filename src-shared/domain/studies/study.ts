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
