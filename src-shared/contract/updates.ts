import { z } from 'zod';

/** Source of new versions and the state of the current update. Byte counts are null until they are known. */
export const updateStateSchema = z.object({
  unsupported: z.string().nullable().describe('why this copy of the app cannot update itself; null: it can'),
  feed: z.string().nullable().describe('the folder on a server that is asked; null: updates are off'),
  proposed: z.string().nullable().describe('the feed that the package or COTO_UPDATE_FEED names'),
  phase: z.enum(['idle', 'checking', 'current', 'available', 'downloading', 'ready', 'failed']),
  version: z.string().nullable().describe('the version that the feed has'),
  done: z.number().nullable().describe('bytes that are downloaded'),
  total: z.number().nullable(),
  error: z.string().nullable(),
});
export type UpdateState = z.infer<typeof updateStateSchema>;

/** Update requests of the window. A feed is set after the user has agreed in a system dialog. */
export const updateRequestSchema = z.discriminatedUnion('act', [
  z.object({ act: z.literal('state') }),
  z.object({ act: z.literal('setFeed'), feed: z.string().max(2000).nullable() }),
  z.object({ act: z.literal('check') }),
  z.object({ act: z.literal('download') }),
  z.object({ act: z.literal('cancel') }),
]);
export type UpdateRequest = z.infer<typeof updateRequestSchema>;
