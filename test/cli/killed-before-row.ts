/**
 * Loaded before `coto`, in its process and in those that it starts: as the row of a report is to be inserted, behind its page, the
 * command is killed.
 */
import { createRequire } from 'node:module';

process.env['COTO_TEST_KILLED'] ??= String(process.pid);
const Database = createRequire(import.meta.url)('better-sqlite3');
const database = new Database(':memory:');
const statements = Object.getPrototypeOf(database.prepare('SELECT 1'));
database.close();
const { run } = statements;
statements.run = function (this: { readonly source: string }, ...given: unknown[]): unknown {
  if (this.source.startsWith('INSERT INTO reports')) process.kill(Number(process.env['COTO_TEST_KILLED']), 'SIGKILL');
  return Reflect.apply(run, this, given);
};
