import SqliteDatabase from 'better-sqlite3';

/**
 * Holds `file` locked as long as this process lives or until the returned function is called; null where another holds
 * it. The lock is the operating system's (SQLite's exclusive lock), so that of a killed process is gone with it.
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
