import { z } from 'zod';
import { jobKindSchema } from './job.ts';

/** A queued job that does not start by itself, because its home was last used elsewhere. */
export const heldJobSchema = z.object({
  id: z.string(),
  title: z.string(),
  kind: jobKindSchema,
  isPart: z.boolean().describe('whether it is a part of another job'),
  writesTo: z.string().nullable().describe('path outside of the home that it writes'),
});
export type HeldJob = z.infer<typeof heldJobSchema>;

export const heldQueueSchema = z.object({
  jobs: z.array(heldJobSchema).describe('held jobs in the order of the queue'),
  isAsked: z.boolean().describe('whether the person has yet to choose: continue them, or leave them held'),
  lastPath: z.string().nullable().describe('where this person last used a home of this id, if that is another folder'),
});
export type HeldQueue = z.infer<typeof heldQueueSchema>;
