import { z } from 'zod';

/** Progress of a job. The shell reads it too, without loading the schemas of jobs. */
export const jobProgressSchema = z.object({
  phase: z.string().describe('current phase as shown to the user: "Training", "Evaluating λ = 0.35"'),
  done: z.number(),
  total: z.number().describe('0: not known yet'),
  unit: z.string().describe('what done and total count: steps, examples, points'),
  perSecond: z.number().nullable(),
  etaSeconds: z.number().nullable(),
});
export type JobProgress = z.infer<typeof jobProgressSchema>;
