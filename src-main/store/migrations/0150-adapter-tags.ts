import type { Migration } from './migration.ts';

/** Tags and a star, as runs have them. */
export const migration: Migration = {
  version: 150,
  name: 'tags of adapters',
  up(database) {
    database.exec(`
      ALTER TABLE adapters ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
      ALTER TABLE adapters ADD COLUMN starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1));
    `);
  },
};
