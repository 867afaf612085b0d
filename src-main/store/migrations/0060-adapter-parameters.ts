import type { Migration } from './migration.ts';

/** Rank and alpha of an adapter are among its variant's parameters, since not every variant has them. */
export const migration: Migration = {
  version: 60,
  name: 'parameters of adapters',
  up(database) {
    database.exec(`
      ALTER TABLE adapters ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}';
      UPDATE adapters SET parameters = json_object('r', r, 'lora_alpha', lora_alpha);
      ALTER TABLE adapters DROP COLUMN r;
      ALTER TABLE adapters DROP COLUMN lora_alpha;
    `);
  },
};
