import { z } from 'zod';

/** A JSON column, parsed and validated by `schema`. */
export function jsonColumn<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** Schemas are made once: making one takes as long as reading a hundred rows, and leaves kilobytes behind. */
export const textColumn = z.array(z.string());
export const countRow = z.object({ n: z.number() });
/** JSON of any form, for its owner to parse. */
export const anyJson = jsonColumn(z.unknown());

/** A row of numbers read with `raw()`; much cheaper than a schema when thousands of rows are read one by one. */
export function numberRow(row: unknown): readonly number[] {
  if (!Array.isArray(row)) throw new Error('the database returned no row');
  return row.map((value: unknown) => {
    if (typeof value !== 'number') throw new Error(`the database returned ${typeof value}, not a number`);
    return value;
  });
}

/** Returns true for an id that is a single folder name. A database from elsewhere may hold any text. */
export function isFolderName(id: string): boolean {
  return /^[^/\\]+$/.test(id) && id !== '.' && id !== '..';
}

/** SQLite has no booleans: 0 and 1. */
export const booleanColumn = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

export function toNullableJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

export function toBit(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}

/** An error as stored, without its stack, which is in the log. */
export const storedErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  field: z.string().optional(),
});
export type StoredError = z.infer<typeof storedErrorSchema>;
