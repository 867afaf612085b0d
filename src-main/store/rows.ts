import { z } from 'zod';

/** A column that holds JSON: parsed, then checked by `schema`. */
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

/** A row read with `raw()` whose columns are all numbers; much cheaper than a schema where a thousand rows are read singly. */
export function numberRow(row: unknown): readonly number[] {
  if (!Array.isArray(row)) throw new Error('the database answered no row');
  return row.map((value: unknown) => {
    if (typeof value !== 'number') throw new Error(`the database answered ${typeof value} where a number belongs`);
    return value;
  });
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

/** How an error is kept: its stack stays in the log. */
export const storedErrorSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });
export type StoredError = z.infer<typeof storedErrorSchema>;
