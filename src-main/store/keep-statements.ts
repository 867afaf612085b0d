import type { Database, Statement } from 'better-sqlite3';

/** More than the store has texts: those whose length depends on what is asked must not pile up. */
const maxKept = 200;

/**
 * Lets `database` compile each statement once. A compiled one takes kilobytes outside of V8's heap, which go only when a full
 * collection finds the object: compiled again at every call, they were most of what the backend's memory grew by.
 *
 * A statement that is asked for again has forgotten `pluck` and `raw`; one that is held and read by them must be the only one
 * of its text.
 */
export function keepStatements(database: Database): void {
  const compile = database.prepare.bind(database);
  const kept = new Map<string, Statement>();
  Object.defineProperty(database, 'prepare', {
    value: (source: string): Statement => {
      const known = kept.get(source);
      // One that is being read row by row cannot begin again.
      if (known?.busy === true) return compile(source);
      if (known?.reader === true) known.pluck(false).raw(false);
      const statement = known ?? compile(source);
      // Moved to the end: the first is the one that was not used for longest.
      kept.delete(source);
      kept.set(source, statement);
      if (kept.size > maxKept) for (const oldest of [...kept.keys()].slice(0, 1)) kept.delete(oldest);
      return statement;
    },
  });
}
