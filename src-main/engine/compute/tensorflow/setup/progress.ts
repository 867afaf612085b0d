import { z } from 'zod';

/** Progress of the setup; `done` and `total` in bytes during downloads, else null. */
export const setupProgressSchema = z.strictObject({
  phase: z.string(),
  done: z.number().nullable(),
  total: z.number().nullable(),
});
export type SetupProgress = z.infer<typeof setupProgressSchema>;
export type OnProgress = (progress: SetupProgress) => void;
