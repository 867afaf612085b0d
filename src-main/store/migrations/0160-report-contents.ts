import type { Migration } from './migration.ts';

/** Contents of a report: its runs and the note of its author. */
export const migration: Migration = {
  version: 160,
  name: 'contents of reports',
  up(database) {
    database.exec(`
      ALTER TABLE reports ADD COLUMN run_ids TEXT NOT NULL DEFAULT '[]';
      ALTER TABLE reports ADD COLUMN note TEXT NOT NULL DEFAULT '';
    `);
  },
};
