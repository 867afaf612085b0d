import { z } from 'zod';
import { textPieceSchema } from '../domain/generation/generation.ts';
import { jobRecordSchema } from '../domain/jobs/job.ts';
import { runRecordSchema } from '../domain/runs/run.ts';
import { activationMasksSchema, metricColumnSchema } from '../domain/runs/run-history.ts';
import { errorValueSchema } from './errors.ts';

/** Events that the backend sends to every client, at most ten a second of each kind. */
export const events = {
  'job.changed': jobRecordSchema,
  'run.changed': runRecordSchema,
  /** New entries of a run's history. They are stored already: any later request returns them too. */
  'run.metrics': z.object({ runId: z.string(), columns: z.array(metricColumnSchema) }),
  'run.masks': z.object({ runId: z.string(), masks: activationMasksSchema }),
  /** A run starts or resumes: its history from `step` on is discarded. */
  'run.restarted': z.object({ runId: z.string(), step: z.number().int() }),
  /** New text of a generation. */
  'generation.text': z.object({ jobId: z.string(), pieces: z.array(textPieceSchema) }),
  /** Something in this list has changed: request it again. */
  'list.changed': z.object({
    list: z.enum(['models', 'datasets', 'runs', 'adapters', 'studies', 'reports', 'jobs', 'chats', 'settings']),
  }),
  notification: z.object({
    level: z.enum(['success', 'warning', 'failure']),
    title: z.string(),
    message: z.string(),
    error: errorValueSchema.nullable(),
    path: z.string().optional().describe('absolute path of what was written, to be shown in the file manager'),
  }),
} as const;

export type Events = typeof events;
export type EventName = keyof Events;
export type EventPayload<Name extends EventName> = z.output<Events[Name]>;
