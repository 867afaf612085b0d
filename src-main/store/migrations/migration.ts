import type { Database } from 'better-sqlite3';

/** One step of the schema's history. A released migration is never changed: a new one is written, ten higher. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  up(database: Database): void;
}
