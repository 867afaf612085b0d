import type { Migration } from './migration.ts';

/** Measures of every pair of adapters (mergeability) by content, as scores are. */
export const migration: Migration = {
  version: 130,
  name: 'pairs of adapters by content',
  up(database) {
    database.exec(`
      CREATE TABLE adapter_pairs (
        key TEXT PRIMARY KEY,
        content TEXT NOT NULL,
        pairs TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
