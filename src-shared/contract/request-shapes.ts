import { z } from 'zod';

export const nothing = z.strictObject({});
export const done = z.object({ ok: z.literal(true) });
export const byId = z.strictObject({ id: z.string() });

/** Lists whose records can be deleted, as `list.changed` names them. */
export const deletableListSchema = z.enum(['models', 'datasets', 'runs', 'adapters', 'studies', 'reports', 'chats']);
export type DeletableList = z.infer<typeof deletableListSchema>;

/** A record to be deleted. Within `undoMilliseconds`, `deletions.undo` brings it back; 0: it is deleted now. */
export const removal = z.strictObject({
  id: z.string(),
  undoMilliseconds: z.number().int().min(0).max(60_000).default(0),
});
