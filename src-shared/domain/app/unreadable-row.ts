import { z } from 'zod';

/** Kind of record in an unreadable database row, named in messages. */
export const rowKindSchema = z.enum([
  'run',
  'job',
  'adapter',
  'model',
  'dataset',
  'study',
  'report',
  'chat',
  'target',
  'submission',
]);
export type RowKind = z.infer<typeof rowKindSchema>;

/** A row that cannot be read: of a damaged database, or of another version. Everything else is listed as ever. */
export const unreadableRowSchema = z.object({ kind: rowKindSchema, id: z.string(), reason: z.string() });
export type UnreadableRow = z.infer<typeof unreadableRowSchema>;
