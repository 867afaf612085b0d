import { z } from 'zod';
import { forgettingSchema } from '../domain/forgetting.ts';

/** Accuracy in [0, 1] and the mean loss, as results of studies keep them. */
export const pointScoreSchema = z.object({ accuracy: z.number(), loss: z.number() });
export type PointScore = z.infer<typeof pointScoreSchema>;

/** The same with what the subject costs the base. */
export const measuredScoreSchema = pointScoreSchema.extend({
  /** Absent where it was not asked for, and in results of earlier versions. */
  forgetting: forgettingSchema.nullable().optional(),
});
export type MeasuredScore = z.infer<typeof measuredScoreSchema>;
