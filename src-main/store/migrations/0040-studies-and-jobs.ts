import type { Migration } from './migration.ts';

/** Studies, the job queue with its dependencies and results, and reports. */
export const migration: Migration = {
  version: 40,
  name: 'studies, jobs, reports',
  up(database) {
    database.exec(`
      CREATE TABLE studies (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        config TEXT NOT NULL,
        result TEXT,
        error TEXT,
        parent_id TEXT,
        created_at INTEGER NOT NULL,
        finished_at INTEGER
      ) STRICT;
      CREATE TABLE jobs (
        sequence INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        status TEXT NOT NULL,
        subject_id TEXT,
        payload TEXT NOT NULL,
        progress TEXT,
        error TEXT,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER
      ) STRICT;
      CREATE INDEX jobs_by_status ON jobs (status, sequence);
      CREATE INDEX jobs_by_subject ON jobs (subject_id);
      CREATE TABLE job_dependencies (
        job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        after_id TEXT NOT NULL REFERENCES jobs (id),
        PRIMARY KEY (job_id, position)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE job_results (
        job_id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
        result TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE reports (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        path TEXT NOT NULL,
        study_ids TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT;
    `);
  },
};
