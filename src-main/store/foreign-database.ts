import SqliteDatabase, { type Database } from 'better-sqlite3';

export type { Database };

/** Opens a database that somebody else wrote: read only, and without trust in what its schema would run. */
export function openForeignDatabase(path: string): Database {
  const database = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
  try {
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    database.pragma('mmap_size = 0');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

export function isSqliteError(error: unknown): boolean {
  return error instanceof SqliteDatabase.SqliteError;
}
