import { z } from 'zod';

/** A study's file as it was before its first training. */
export const registeredStudySchema = z.object({
  format: z.literal('coto-study-registration'),
  version: z.string().describe('of CoTo Studio'),
  registeredAt: z.iso.datetime(),
  sha256: z.string().describe('of the study as JSON with sorted keys'),
  study: z.record(z.string(), z.unknown()).describe('the settings as its file has them'),
});
export type RegisteredStudy = z.infer<typeof registeredStudySchema>;

/** The registration of a study that was run, and how the study deviates from it. */
export const registrationSchema = z.object({
  sha256: z.string(),
  registeredAt: z.iso.datetime(),
  deviations: z.array(z.string()),
});
export type Registration = z.infer<typeof registrationSchema>;
