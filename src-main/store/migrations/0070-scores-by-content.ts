import type { Migration } from './migration.ts';

/**
 * Results are stored by content: scores under a hash of base, subject, data and settings, trained runs under a hash
 * of base, data and config. Jobs may be parts of another job.
 */
export const migration: Migration = {
  version: 70,
  name: 'scores and runs by content, parts of jobs',
  up(database) {
    database.exec(`
      CREATE TABLE scores (
        key TEXT PRIMARY KEY,
        content TEXT NOT NULL,
        score TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE run_contents (
        run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        key TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX run_contents_by_key ON run_contents (key);
      ALTER TABLE jobs ADD COLUMN parent_id TEXT;
      CREATE INDEX jobs_by_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;
    `);
  },
};
