import { z } from 'zod';

/** How far the setup is; `done` and `total` in bytes while something is fetched, else null. */
export const setupProgressSchema = z.strictObject({
  phase: z.string(),
  done: z.number().nullable(),
  total: z.number().nullable(),
});
export type SetupProgress = z.infer<typeof setupProgressSchema>;
export type OnProgress = (progress: SetupProgress) => void;
