import { z } from 'zod';
import { textPieceSchema } from '../domain/generation.ts';
import { jobRecordSchema } from '../domain/job.ts';
import { activationMasksSchema, metricRowSchema, runRecordSchema } from '../domain/run.ts';
import { errorValueSchema } from './errors.ts';

/** What the backend tells every client unasked. At most ten messages a second of each kind. */
export const events = {
  'job.changed': jobRecordSchema,
  'run.changed': runRecordSchema,
  'run.metrics': z.object({ runId: z.string(), rows: z.array(metricRowSchema) }),
  'run.masks': z.object({ runId: z.string(), masks: activationMasksSchema }),
  /** What the texts of a generation grew by. */
  'generation.text': z.object({ jobId: z.string(), pieces: z.array(textPieceSchema) }),
  /** Something in this list is other than before: ask again. */
  'list.changed': z.object({
    list: z.enum(['models', 'datasets', 'runs', 'adapters', 'studies', 'reports', 'settings']),
  }),
  notification: z.object({
    level: z.enum(['success', 'warning', 'failure']),
    title: z.string(),
    message: z.string(),
    error: errorValueSchema.nullable(),
  }),
} as const;

export type Events = typeof events;
export type EventName = keyof Events;
export type EventPayload<Name extends EventName> = z.output<Events[Name]>;
