import type { Migration } from './migration.ts';

/**
 * Metrics folded by 64 steps in addition to the values: a curve over a long run reads a 64th of the rows. Infinite
 * values are omitted.
 */
export const migration: Migration = {
  version: 80,
  name: 'metrics folded by 64 steps',
  up(database) {
    database.exec(`
      CREATE TABLE metric_buckets (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        bucket INTEGER NOT NULL,
        count INTEGER NOT NULL,
        mean_step REAL NOT NULL,
        last_step INTEGER NOT NULL,
        low REAL NOT NULL,
        high REAL NOT NULL,
        mean REAL NOT NULL,
        PRIMARY KEY (run_id, name, bucket)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO metric_buckets
        SELECT run_id, name, step / 64, count(*), avg(step), max(step), min(value), max(value), avg(value) FROM metrics
        WHERE value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308
        GROUP BY run_id, name, step / 64;
    `);
  },
};
