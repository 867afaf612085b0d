import { z } from 'zod';
import { describeIssues, StudioError } from '../../src-shared/contract/errors.ts';
import type { RowKind, UnreadableRow } from '../../src-shared/domain/app/unreadable-row.ts';
import { parseOptionsFor } from '../../src-shared/parse-options.ts';
import type { UnwrittenEnds } from './unwritten-ends.ts';

const idSchema = z.object({ id: z.coerce.string() });

/** Reads rows by their schemas. One that cannot be read costs that row alone: it is left out of lists, and kept here. */
export class RowReader {
  private readonly found = new Map<string, UnreadableRow>();
  private readonly listeners = new Set<(row: UnreadableRow) => void>();
  private readonly ends: UnwrittenEnds;

  constructor(ends: UnwrittenEnds) {
    this.ends = ends;
  }

  /** The rows that can be read. */
  all<Schema extends z.ZodType>(kind: RowKind, schema: Schema, rows: readonly unknown[]): z.output<Schema>[] {
    const reading = parseOptionsFor(rows);
    return rows.flatMap((row) => {
      const read = schema.safeParse(this.ends.shownIn(kind, row), reading);
      if (read.success) return [read.data];
      this.keep(kind, row, read.error);
      return [];
    });
  }

  /**
   * A single row.
   * @throws StudioError invalid_file that names it
   */
  one<Schema extends z.ZodType>(kind: RowKind, schema: Schema, row: unknown): z.output<Schema> {
    const read = schema.safeParse(this.ends.shownIn(kind, row), parseOptionsFor(row));
    if (read.success) return read.data;
    const { id, reason } = this.keep(kind, row, read.error);
    throw unreadable({ kind, id, reason });
  }

  /** Returns the unreadable rows found so far. */
  list(): readonly UnreadableRow[] {
    return [...this.found.values()];
  }

  /** Forgets what was met, as after a row was deleted. */
  clear(): void {
    this.found.clear();
  }

  /** Calls `listener` with each unreadable row when it is first met. */
  onFound(listener: (row: UnreadableRow) => void): void {
    this.listeners.add(listener);
  }

  private keep(kind: RowKind, row: unknown, error: z.ZodError): UnreadableRow {
    const id = idSchema.safeParse(row).data?.id ?? 'unknown';
    const known = this.found.get(`${kind} ${id}`);
    if (known !== undefined) return known;
    const found = { kind, id, reason: describeIssues(error) };
    this.found.set(`${kind} ${id}`, found);
    for (const listener of this.listeners) listener(found);
    return found;
  }
}

export function unreadable({ kind, id, reason }: UnreadableRow): StudioError {
  return new StudioError(
    'invalid_file',
    `The ${kind} ${id} cannot be read in the studio's database: ${reason}.`,
    `Delete it (coto doctor --delete ${id}), or restore a backup (coto doctor --restore).`,
  );
}
