import type { Migration } from './migration.ts';

/**
 * Scores of an adapter by the groups that are switched on: tables by content, as scores are, and a row for each mask on
 * each block of examples.
 */
export const migration: Migration = {
  version: 100,
  name: 'scores by mask',
  up(database) {
    database.exec(`
      CREATE TABLE mask_tables (
        key TEXT PRIMARY KEY,
        content TEXT NOT NULL,
        outline TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE mask_scores (
        key TEXT NOT NULL REFERENCES mask_tables (key) ON DELETE CASCADE,
        mask TEXT NOT NULL,
        block INTEGER NOT NULL,
        weight REAL NOT NULL,
        accuracy REAL,
        loss REAL NOT NULL,
        PRIMARY KEY (key, mask, block)
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
