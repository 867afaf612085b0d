import type { Migration } from './migration.ts';

/** Adapters of the studio: PEFT folders below its home. A run may be removed while its adapter stays. */
export const migration: Migration = {
  version: 30,
  name: 'adapters',
  up(database) {
    database.exec(`
      CREATE TABLE adapters (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        folder TEXT NOT NULL UNIQUE,
        model_id TEXT NOT NULL REFERENCES models (id),
        variant TEXT NOT NULL,
        r INTEGER NOT NULL,
        lora_alpha REAL NOT NULL,
        target_modules TEXT NOT NULL,
        layers TEXT NOT NULL,
        modules_to_save TEXT NOT NULL,
        coto TEXT,
        origin TEXT NOT NULL,
        dataset_id TEXT REFERENCES datasets (id) ON DELETE SET NULL,
        accuracy REAL,
        parameter_count INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        archived INTEGER NOT NULL CHECK (archived IN (0, 1))
      ) STRICT;
    `);
  },
};
