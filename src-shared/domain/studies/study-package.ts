import { z } from 'zod';

/** A study that was written as a folder to publish. */
export const studyPackageSchema = z.object({
  folder: z.string(),
  files: z.number().int(),
  bytes: z.number(),
  notes: z.array(z.string()).describe('what the folder lacks'),
});
export type StudyPackage = z.infer<typeof studyPackageSchema>;

/** The check of such a folder. */
export const packageCheckSchema = z.object({
  files: z.number().int().describe('files with a checksum'),
  scores: z.number().int().describe('scores whose examples were checked'),
  problems: z.array(z.string()),
});
export type PackageCheck = z.infer<typeof packageCheckSchema>;
