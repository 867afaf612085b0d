import { z } from 'zod';

/** Rows to list: all, those that cannot be used, those that steps changed, or those that are in neither split. */
export const rowFilterSchema = z.enum(['all', 'faulty', 'changed', 'left-out']);
export type RowFilter = z.infer<typeof rowFilterSchema>;

export const rowQuerySchema = z.strictObject({
  show: rowFilterSchema.default('all'),
  sort: z.enum(['file', 'problem']).default('file').describe('problem: rows of one problem follow one another'),
  search: z.string().max(1000).default('').describe('text that a cell contains, in any case; empty: all rows'),
  offset: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(200).default(50),
});
export type RowQuery = z.infer<typeof rowQuerySchema>;

const editableCellSchema = z.object({
  column: z.string(),
  value: z.string().describe('a text as it is, anything else as JSON'),
  isText: z.boolean(),
  isCut: z.boolean().describe('whether the value is longer; such a cell cannot be edited'),
  isEdited: z.boolean(),
});

/** A row of a file with its cells after the edits of steps, and its outcome. */
export const editableRowSchema = z.object({
  where: z.string(),
  state: z.enum(['train', 'test', 'faulty', 'left-out']),
  message: z.string().nullable().describe('the problem, or the reason for leaving the row out'),
  changes: z.array(z.string()).describe('what steps changed'),
  cells: z.array(editableCellSchema).describe('none of a row that cannot be read'),
});
export type EditableRow = z.infer<typeof editableRowSchema>;
export type EditableCell = EditableRow['cells'][number];

export const editableRowsSchema = z.object({
  rows: z.array(editableRowSchema),
  columnNames: z.array(z.string()),
  counts: z.record(rowFilterSchema, z.number().int()).describe('of all rows read that the search matches'),
  rowsRead: z.number().int(),
  isWhole: z.boolean().describe('whether all rows of the files were read'),
});
export type EditableRows = z.infer<typeof editableRowsSchema>;
