import type { Database } from 'better-sqlite3';

/** One step of the schema's history. A released migration is never changed: a new one is written, ten higher. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** It drops a table that others refer to, in order to recreate it: their rows are not to go with it. */
  readonly replacesReferencedTable?: true;
  up(database: Database): void;
}
