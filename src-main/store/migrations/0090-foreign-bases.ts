import type { Migration } from './migration.ts';

/** Adapters whose base is not in the studio: no model, but what their file says of the base. */
export const migration: Migration = {
  version: 90,
  name: 'adapters of foreign bases',
  up(database) {
    database.exec(`
      CREATE TABLE adapters_with_foreign_bases (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        folder TEXT NOT NULL UNIQUE,
        model_id TEXT REFERENCES models (id),
        foreign_base TEXT,
        variant TEXT NOT NULL,
        parameters TEXT NOT NULL,
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
        archived INTEGER NOT NULL CHECK (archived IN (0, 1)),
        CHECK ((model_id IS NULL) <> (foreign_base IS NULL))
      ) STRICT;
      INSERT INTO adapters_with_foreign_bases
        SELECT id, name, folder, model_id, NULL, variant, parameters, target_modules, layers, modules_to_save, coto, origin,
          dataset_id, accuracy, parameter_count, size_bytes, sha256, created_at, archived FROM adapters;
      DROP TABLE adapters;
      ALTER TABLE adapters_with_foreign_bases RENAME TO adapters;
    `);
  },
};
