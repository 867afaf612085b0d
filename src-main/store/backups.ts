import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { entriesIn } from '../files/below.ts';

/** Number kept of each kind: before a migration, and daily. */
const kept = 3;
const fileName = /^studio-(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-\d{3}Z)-(daily|before-migration)\.sqlite$/;

export interface Backup {
  readonly path: string;
  readonly kind: 'daily' | 'before-migration';
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The backups in a folder, the newest first. Links are none: a home from elsewhere could name the person's own databases. */
export function listBackups(folder: string): Backup[] {
  return entriesIn(folder)
    .names.flatMap((name) => {
      const found = fileName.exec(name);
      if (found === null) return [];
      const [, time = '', kind] = found;
      const at = Date.parse(time.replace(/T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z/, 'T$1:$2:$3.$4Z'));
      return [{ path: join(folder, name), kind: kind === 'daily' ? 'daily' : 'before-migration', at } as const];
    })
    .sort((one, other) => other.at - one.at);
}

/** Writes a compact copy of the database before a migration changes it. */
export function backUpBeforeMigration(database: Database, folder: string): void {
  const temporary = newTemporary(folder);
  try {
    database.prepare('VACUUM INTO ?').run(temporary);
    keepBackup(temporary, folder, 'before-migration');
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Returns the temporary path of a backup in the folder, which is created, until the backup is known to be complete. */
export function newTemporary(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Removes leftovers of a killed process.
  for (const name of readdirSync(folder)) if (name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
  return join(folder, `.backup.${randomBytes(6).toString('hex')}.tmp`);
}

/** Gives a finished backup its name, and removes older ones of its kind but for the newest three. */
export function keepBackup(temporary: string, folder: string, kind: Backup['kind']): string {
  sync(temporary);
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const path = join(folder, `studio-${time}-${kind}.sqlite`);
  renameSync(temporary, path);
  for (const old of listBackups(folder)
    .filter((backup) => backup.kind === kind)
    .slice(kept))
    rmSync(old.path, { force: true });
  return path;
}

/** Returns true if a day has passed since the last backup. A clock that was set back counts too. */
export function isBackupDue(folder: string, now = Date.now()): boolean {
  const [last] = listBackups(folder);
  return last === undefined || Math.abs(now - last.at) >= dayMilliseconds;
}

const dayMilliseconds = 24 * 60 * 60 * 1000;

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
