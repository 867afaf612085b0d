import type { Migration } from './migration.ts';

/**
 * Learning rates that sweeps chose, by the content of the run without its rate and seed. They go with the study that holds
 * the evidence.
 */
export const migration: Migration = {
  version: 110,
  name: 'tuned learning rates',
  up(database) {
    database.exec(`
      CREATE TABLE tunings (
        key TEXT NOT NULL,
        study_id TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
        record TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (key, study_id)
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
