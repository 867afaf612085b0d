import type { Migration } from './migration.ts';

/**
 * Remote places where studies run. A submission is stored before anything is submitted, so that after a crash the
 * engine is asked for it by name; its runs have their last known state.
 */
export const migration: Migration = {
  version: 240,
  name: 'targets',
  up(database) {
    database.exec(`
      ALTER TABLE studies ADD COLUMN target TEXT;
      CREATE TABLE targets (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        host TEXT,
        parameters TEXT NOT NULL
      );
      CREATE TABLE submissions (
        id TEXT PRIMARY KEY,
        study_id TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
        generation INTEGER NOT NULL,
        target TEXT NOT NULL,
        folder TEXT NOT NULL,
        status TEXT NOT NULL,
        parts TEXT NOT NULL,
        runs TEXT NOT NULL,
        known_failures TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        UNIQUE (study_id, generation)
      );
    `);
  },
};
