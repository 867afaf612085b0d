import type { Migration } from './migration.ts';

/** Base models, datasets, their cached descriptions (by path, size and modification time), and the settings. */
export const migration: Migration = {
  version: 10,
  name: 'models and datasets',
  up(database) {
    database.exec(`
      CREATE TABLE models (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        path TEXT NOT NULL UNIQUE,
        bundled INTEGER NOT NULL CHECK (bundled IN (0, 1)),
        provenance TEXT,
        description TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE datasets (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        bundled INTEGER NOT NULL CHECK (bundled IN (0, 1)),
        licence TEXT,
        provenance TEXT,
        source TEXT NOT NULL,
        description TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE descriptions (
        kind TEXT NOT NULL,
        path TEXT NOT NULL,
        stamp TEXT NOT NULL,
        description TEXT NOT NULL,
        PRIMARY KEY (kind, path)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
