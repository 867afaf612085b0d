import type { Migration } from './migration.ts';

/** All metrics of an adapter's evaluation, since the accuracy of a language model is that of its tokens. */
export const migration: Migration = {
  version: 140,
  name: 'metrics of adapters',
  up(database) {
    database.exec(`
      ALTER TABLE adapters ADD COLUMN metrics TEXT NOT NULL DEFAULT '{}';
      UPDATE adapters SET metrics = (
        SELECT json_group_object(substr(name, 6), value) FROM metrics
          WHERE run_id = json_extract(origin, '$.runId') AND step = json_extract(origin, '$.step')
            AND substr(name, 1, 5) = 'eval_' AND name NOT IN ('eval_loss', 'eval_accuracy')
      ) WHERE json_extract(origin, '$.kind') = 'run' AND accuracy IS NOT NULL;
    `);
  },
};
