import type { Migration } from './migration.ts';

/**
 * Imports in pieces. A staged run is in no list: it is being imported, or has the history that another run's `history_id`
 * names since that one was imported again. Whatever else is staged is left of an import that was killed.
 */
export const migration: Migration = {
  version: 220,
  name: 'staged runs',
  up(database) {
    database.exec(`
      ALTER TABLE runs ADD COLUMN is_staged INTEGER NOT NULL DEFAULT 0 CHECK (is_staged IN (0, 1));
      ALTER TABLE runs ADD COLUMN history_id TEXT;
    `);
  },
};
