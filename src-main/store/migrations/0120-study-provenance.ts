import type { Migration } from './migration.ts';

/** Provenance of a study's result; null for results of earlier versions. */
export const migration: Migration = {
  version: 120,
  name: 'provenance of studies',
  up(database) {
    database.exec('ALTER TABLE studies ADD COLUMN provenance TEXT;');
  },
};
