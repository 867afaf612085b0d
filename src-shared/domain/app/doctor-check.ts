import { z } from 'zod';

export const checkFindingSchema = z.object({
  message: z.string(),
  hint: z.string().nullable().describe('what to do about it'),
});
export type CheckFinding = z.infer<typeof checkFindingSchema>;

/** A check of the home with what it found: nothing where all is well. */
export const checkResultSchema = z.object({
  id: z.string(),
  label: z.string(),
  findings: z.array(checkFindingSchema),
});
export type CheckResult = z.infer<typeof checkResultSchema>;
