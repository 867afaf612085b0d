import type { Migration } from './migration.ts';

/** Runs with their whole history. Masks have one bit per group and step, packed in chunks of consecutive steps. */
export const migration: Migration = {
  version: 20,
  name: 'runs, metrics, masks, log, checkpoints',
  up(database) {
    database.exec(`
      CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        status TEXT NOT NULL,
        config TEXT NOT NULL,
        model_id TEXT NOT NULL REFERENCES models (id),
        dataset_id TEXT NOT NULL REFERENCES datasets (id),
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
        finished_at INTEGER
      ) STRICT;
      CREATE TABLE metrics (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        step INTEGER NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (run_id, name, step)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE masks (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        first_step INTEGER NOT NULL,
        step_count INTEGER NOT NULL,
        group_count INTEGER NOT NULL,
        bits BLOB NOT NULL,
        PRIMARY KEY (run_id, first_step)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE run_log (
        id INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        at INTEGER NOT NULL,
        level TEXT NOT NULL,
        text TEXT NOT NULL
      ) STRICT;
      CREATE INDEX run_log_by_run ON run_log (run_id, id);
      CREATE TABLE checkpoints (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        folder TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('last', 'best', 'step')),
        step INTEGER NOT NULL,
        accuracy REAL,
        resumable INTEGER NOT NULL CHECK (resumable IN (0, 1)),
        PRIMARY KEY (run_id, folder)
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
