import { z } from 'zod';
import { textPieceSchema } from '../domain/generation.ts';
import { jobRecordSchema } from '../domain/job.ts';
import { runRecordSchema } from '../domain/run.ts';
import { activationMasksSchema, metricColumnSchema } from '../domain/run-history.ts';
import { errorValueSchema } from './errors.ts';

/** What the backend tells every client unasked. At most ten messages a second of each kind. */
export const events = {
  'job.changed': jobRecordSchema,
  'run.changed': runRecordSchema,
  /** What a run's history grew by. It is stored already: a request that is answered later answers it too. */
  'run.metrics': z.object({ runId: z.string(), columns: z.array(metricColumnSchema) }),
  'run.masks': z.object({ runId: z.string(), masks: activationMasksSchema }),
  /** A run starts (again): what its history held from `step` on is forgotten. */
  'run.restarted': z.object({ runId: z.string(), step: z.number().int() }),
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
