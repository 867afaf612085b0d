import type { Migration } from './migration.ts';

/** How a study's result was made; null for results of earlier versions. */
export const migration: Migration = {
  version: 120,
  name: 'provenance of studies',
  up(database) {
    database.exec('ALTER TABLE studies ADD COLUMN provenance TEXT;');
  },
};
