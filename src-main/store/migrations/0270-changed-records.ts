import type { Migration } from './migration.ts';

/**
 * Records whose small file beside the database does not have their newest content yet. Homes of earlier versions have no such
 * files: all of their records are listed.
 */
export const migration: Migration = {
  version: 270,
  name: 'changed records',
  up(database) {
    database.exec(`
      CREATE TABLE changed_records (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        UNIQUE (kind, id)
      ) STRICT;
    `);
  },
};
