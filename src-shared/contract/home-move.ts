import { z } from 'zod';
import { jobProgressSchema } from '../domain/jobs/job-progress.ts';
import { errorValueSchema } from './errors.ts';

/** Messages of the process that moves the home: the plan first, then progress, then the result. */
export const homeMoverMessageSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('planned'),
    from: z.string(),
    to: z.string(),
    bytes: z.number(),
    freeBytes: z.number(),
  }),
  z.object({ state: z.literal('moving'), progress: jobProgressSchema }),
  z.object({ state: z.literal('moved'), to: z.string() }),
  z.object({ state: z.literal('failed'), error: errorValueSchema }),
]);
export type HomeMoverMessage = z.infer<typeof homeMoverMessageSchema>;
export type PlannedMove = Extract<HomeMoverMessage, { state: 'planned' }>;

/** Orders to the mover. `move` is sent after the user has agreed to the plan and no process has the home open. */
export const homeMoverOrderSchema = z.discriminatedUnion('act', [
  z.object({ act: z.literal('move'), keep: z.boolean() }),
  z.object({ act: z.literal('cancel') }),
]);
export type HomeMoverOrder = z.infer<typeof homeMoverOrderSchema>;
