import type { Migration } from './migration.ts';

/**
 * Bundles whose results were collected, with the study that goes on from them, and every attempt that was seen. A run of a
 * bundle has one attempt that counts: it is the one with a run of the studio, until that is removed.
 */
export const migration: Migration = {
  version: 230,
  name: 'results of bundles',
  up(database) {
    database.exec(`
      CREATE TABLE bundles (
        id TEXT PRIMARY KEY,
        folder TEXT NOT NULL,
        study_id TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE bundle_results (
        key TEXT NOT NULL,
        attempt TEXT NOT NULL,
        bundle_id TEXT NOT NULL REFERENCES bundles (id) ON DELETE CASCADE,
        run_id TEXT REFERENCES runs (id) ON DELETE SET NULL,
        manifest TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (key, attempt)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX bundle_results_that_count ON bundle_results (key) WHERE run_id IS NOT NULL;
      CREATE INDEX bundle_results_of_run ON bundle_results (run_id);
    `);
  },
};
