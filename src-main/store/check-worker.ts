import { parentPort, workerData } from 'node:worker_threads';
import SqliteDatabase from 'better-sqlite3';
import { z } from 'zod';
import { checkWhole } from './check-database.ts';

/** A thread that reads a copy of a database in full, which takes seconds, and answers what is wrong with it. */
const { file } = z.object({ file: z.string() }).parse(workerData);
const database = new SqliteDatabase(file, { fileMustExist: true });
try {
  // The copy needs no log, and no files beside it.
  database.pragma('journal_mode = DELETE');
  parentPort?.postMessage(checkWhole(database));
} finally {
  database.close();
}
