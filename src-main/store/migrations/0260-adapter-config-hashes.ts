import type { Migration } from './migration.ts';

/** The hash of an adapter's adapter_config.json; null until the adapter is next used, where an earlier version added it. */
export const migration: Migration = {
  version: 260,
  name: 'hashes of adapter configs',
  up(database) {
    database.exec('ALTER TABLE adapters ADD COLUMN config_sha256 TEXT');
  },
};
