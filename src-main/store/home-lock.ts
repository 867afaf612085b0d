import { rmSync, statSync } from 'node:fs';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { StudioError } from '../../src-shared/contract/errors.ts';

/**
 * Locks `file` until this process ends or the returned function is called; null if another process has the lock. It is
 * the operating system's lock (SQLite's exclusive lock), so a killed process releases it. The file's content does not
 * matter: garbage is replaced.
 * @throws StudioError invalid_file if a folder is in its place
 */
export function lockFile(file: string): (() => void) | null {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
    throw new StudioError(
      'invalid_file',
      `${file} is a folder, where CoTo Studio keeps the lock of its home.`,
      'Move the folder away: nothing of the studio is in it.',
    );
  const lock = lockOnce(file);
  if (lock !== 'garbage') return lock;
  // Whoever had locked it would have been met before what is in it was read.
  rmSync(file, { force: true });
  const again = lockOnce(file);
  return again === 'garbage' ? null : again;
}

function lockOnce(file: string): (() => void) | null | 'garbage' {
  let database: Database | null = null;
  try {
    database = new SqliteDatabase(file, { timeout: 0 });
    database.pragma('journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (isBusy(error)) return null;
    if (error instanceof SqliteDatabase.SqliteError && /NOTADB|CORRUPT/.test(error.code)) return 'garbage';
    throw error;
  }
  const locked = database;
  return () => {
    if (locked.open) locked.close();
  };
}

/**
 * Returns true if a process has the database open. Its connections hold a lock of the operating system on the file
 * itself, so this also finds a studio whose lock file was deleted under it.
 */
export function isDatabaseInUse(file: string): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return false;
  let probe: Database | null = null;
  try {
    // Short readers release the file in a moment; a running app keeps it.
    probe = new SqliteDatabase(file, { timeout: 500, fileMustExist: true });
    probe.pragma('locking_mode = EXCLUSIVE');
    probe.exec('BEGIN EXCLUSIVE');
    probe.exec('ROLLBACK');
    return false;
  } catch (error) {
    // Opening the database reports its other problems.
    return isBusy(error);
  } finally {
    probe?.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
