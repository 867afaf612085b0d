import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { migrations as allMigrations } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/** The database was written by a newer version of the studio; it was not changed. */
export class NewerDatabaseError extends StudioError {
  constructor(found: number, newest: number) {
    super(
      'refused',
      `The studio's database has schema version ${found}, but this version of CoTo Studio supports versions up to ${newest}.`,
      'Start the newer CoTo Studio that wrote it, or choose another home folder (COTO_STUDIO_HOME).',
    );
    this.name = 'NewerDatabaseError';
  }
}

export function schemaVersion(database: Database): number {
  return z
    .number()
    .int()
    .parse(database.pragma('user_version', { simple: true }));
}

/**
 * Brings `database` to the newest schema (or to `target`), each migration in a transaction of its own that also sets
 * `user_version`, so that a crash leaves the last complete version. Throws NewerDatabaseError for a database of a newer
 * version.
 */
export function migrate(
  database: Database,
  migrations: readonly Migration[] = allMigrations,
  target = Number.POSITIVE_INFINITY,
): void {
  let previous = 0;
  for (const migration of migrations) {
    if (!Number.isInteger(migration.version) || migration.version <= previous)
      throw new Error(
        `Migration "${migration.name}" has version ${migration.version}, which does not follow ${previous}.`,
      );
    previous = migration.version;
  }
  const current = schemaVersion(database);
  if (current > previous) throw new NewerDatabaseError(current, previous);
  for (const migration of migrations) {
    if (migration.version <= current || migration.version > target) continue;
    const apply = database.transaction(() => {
      migration.up(database);
      database.pragma(`user_version = ${migration.version}`);
    });
    if (migration.replacesReferencedTable) withoutForeignKeys(database, apply);
    else apply();
  }
}

/** Not possible within a transaction. */
function withoutForeignKeys(database: Database, work: () => void): void {
  const before = database.pragma('foreign_keys', { simple: true });
  database.pragma('foreign_keys = OFF');
  try {
    work();
  } finally {
    database.pragma(`foreign_keys = ${before === 1 ? 'ON' : 'OFF'}`);
  }
}
