import { z } from 'zod';

/** Accuracy in [0, 1] and the mean loss, as results of studies keep them. */
export const pointScoreSchema = z.object({ accuracy: z.number(), loss: z.number() });
export type PointScore = z.infer<typeof pointScoreSchema>;
