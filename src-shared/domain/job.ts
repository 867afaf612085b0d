import { z } from 'zod';

export const jobKindSchema = z.enum([
  'train',
  'evaluate',
  'merge',
  'prune',
  'study',
  'report',
  'export',
  'convert',
  'download',
  'generate',
  'pretrain',
  'import',
]);
export type JobKind = z.infer<typeof jobKindSchema>;

/** Jobs that move files and need no engine: one of them goes on beside a job that computes. */
export const fileJobKinds: ReadonlySet<JobKind> = new Set(['convert', 'download']);

/** Jobs that read a dataset to make it known: they wait for each other alone, so that a small one is there at once. */
export const dataJobKinds: ReadonlySet<JobKind> = new Set(['import']);

export const jobProgressSchema = z.object({
  phase: z.string().describe('what is being done, in words: "Training", "Evaluating λ = 0.35"'),
  done: z.number(),
  total: z.number().describe('0: not known yet'),
  unit: z.string().describe('what done and total count: steps, examples, points'),
  perSecond: z.number().nullable(),
  etaSeconds: z.number().nullable(),
});
export type JobProgress = z.infer<typeof jobProgressSchema>;

export const jobRecordSchema = z.object({
  id: z.string(),
  kind: jobKindSchema,
  title: z.string(),
  status: z.enum(['queued', 'running', 'completed', 'paused', 'stopped', 'cancelled', 'failed', 'interrupted']),
  /** What the job makes or continues: a run, an adapter, a study, a report, a model, a dataset. */
  subjectId: z.string().nullable(),
  after: z.array(z.string()).describe('jobs that must have completed first'),
  progress: jobProgressSchema.nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});
export type JobRecord = z.infer<typeof jobRecordSchema>;
