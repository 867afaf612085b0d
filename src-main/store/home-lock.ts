import SqliteDatabase from 'better-sqlite3';

/**
 * Locks `file` until this process ends or the returned function is called; null if another process has the lock. It
 * is the operating system's lock (SQLite's exclusive lock), so a killed process releases it.
 */
export function lockFile(file: string): (() => void) | null {
  const database = new SqliteDatabase(file, { timeout: 0 });
  try {
    database.pragma('journal_mode = DELETE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return () => {
    if (database.open) database.close();
  };
}
