import type { Database } from 'better-sqlite3';

/** One step of the schema's history. A released migration is never changed: a new one is written, ten higher. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** True if the migration recreates a table that others refer to: their rows must survive. */
  readonly replacesReferencedTable?: true;
  up(database: Database): void;
}
