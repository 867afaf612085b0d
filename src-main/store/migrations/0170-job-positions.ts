import type { Migration } from './migration.ts';

/** A place in the queue other than by creation; null: as created. */
export const migration: Migration = {
  version: 170,
  name: 'positions of jobs',
  up(database) {
    database.exec('ALTER TABLE jobs ADD COLUMN position INTEGER');
  },
};
