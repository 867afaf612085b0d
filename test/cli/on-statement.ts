import { createRequire } from 'node:module';

/** Calls the listener with what a statement that begins so is given, before it is run. For a process that is to be killed at it. */
export function onStatement(beginning: string, listener: (given: unknown) => void): void {
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const database = new Database(':memory:');
  const statements = Object.getPrototypeOf(database.prepare('SELECT 1'));
  database.close();
  const { run } = statements;
  statements.run = function (this: { readonly source: string }, ...given: unknown[]): unknown {
    if (this.source.trimStart().startsWith(beginning)) listener(given[0]);
    return Reflect.apply(run, this, given);
  };
}
