import type { Migration } from './migration.ts';

/** Runs that another program trained: no model and no dataset of the studio, but where they come from. */
export const migration: Migration = {
  version: 180,
  name: 'imported runs',
  replacesReferencedTable: true,
  up(database) {
    database.exec(`
      CREATE TABLE runs_with_origins (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        status TEXT NOT NULL,
        config TEXT NOT NULL,
        model_id TEXT REFERENCES models (id),
        dataset_id TEXT REFERENCES datasets (id),
        tags TEXT NOT NULL,
        note TEXT NOT NULL,
        starred INTEGER NOT NULL CHECK (starred IN (0, 1)),
        archived INTEGER NOT NULL CHECK (archived IN (0, 1)),
        study_id TEXT,
        step INTEGER NOT NULL,
        facts TEXT,
        result TEXT,
        adapter_id TEXT,
        error TEXT,
        folder TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER,
        origin TEXT,
        CHECK (origin IS NOT NULL OR (model_id IS NOT NULL AND dataset_id IS NOT NULL))
      ) STRICT;
      INSERT INTO runs_with_origins
        SELECT id, name, status, config, model_id, dataset_id, tags, note, starred, archived, study_id, step, facts, result,
          adapter_id, error, folder, created_at, started_at, finished_at, NULL FROM runs ORDER BY rowid;
      DROP TABLE runs;
      ALTER TABLE runs_with_origins RENAME TO runs;
    `);
  },
};
