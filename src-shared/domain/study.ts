import { z } from 'zod';
import { studyConfigSchema, studyResultSchema } from '../studies/index.ts';

export const studyRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  status: z.enum(['queued', 'running', 'completed', 'cancelled', 'failed', 'interrupted']),
  config: studyConfigSchema,
  result: studyResultSchema.nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  parentId: z.string().nullable().describe('the demo study it belongs to'),
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
});
export type StudyRecord = z.infer<typeof studyRecordSchema>;
