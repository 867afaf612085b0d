import { z } from 'zod';

export const checkpointRecordSchema = z.object({
  kind: z.enum(['last', 'best', 'step']),
  step: z.number().int(),
  folder: z.string().describe('relative to the home'),
  accuracy: z.number().nullable(),
  resumable: z.boolean().describe('whether it has the optimizer state and the random streams'),
});
export type CheckpointRecord = z.infer<typeof checkpointRecordSchema>;

/** A checkpoint that is on disk, with what is known of it. */
export const checkpointSummarySchema = checkpointRecordSchema.extend({
  path: z.string().describe('absolute'),
  bytes: z.number().int(),
  evaluation: z
    .object({ loss: z.number().nullable(), metrics: z.record(z.string(), z.number()) })
    .nullable()
    .describe('the evaluation at its step; null where there was none'),
  isBest: z.boolean().describe('its evaluation is the best of the run'),
  adapterId: z.string().nullable().describe('the adapter that was made of it'),
  neededFor: z
    .enum(['resume', 'load_best_model_at_end'])
    .nullable()
    .describe('what the run could not do without it: go on from here, or end with its best evaluation'),
});
export type CheckpointSummary = z.infer<typeof checkpointSummarySchema>;
