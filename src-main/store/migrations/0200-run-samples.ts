import type { Migration } from './migration.ts';

/** Prompts of runs at their evaluations, and their answers. `pixels`: of an image, whose other facts are in `input`. */
export const migration: Migration = {
  version: 200,
  name: 'samples of runs',
  up(database) {
    database.exec(`
      CREATE TABLE sample_inputs (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        input TEXT NOT NULL,
        pixels BLOB,
        PRIMARY KEY (run_id, place)
      ) STRICT;
      CREATE TABLE sample_answers (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        step INTEGER NOT NULL,
        milliseconds REAL NOT NULL,
        answers TEXT NOT NULL,
        PRIMARY KEY (run_id, step)
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
