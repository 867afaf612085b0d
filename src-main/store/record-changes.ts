import type { Database } from 'better-sqlite3';
import { z } from 'zod';

/** Kinds of records that have a small file of their own in the home, from which a lost database is rebuilt. */
export const recordedKinds = [
  'settings',
  'target',
  'model',
  'dataset',
  'chat',
  'study',
  'run',
  'adapter',
  'report',
] as const;
export type RecordedKind = (typeof recordedKinds)[number];

/** The table of a kind, and which of its rows and changes count. */
interface Watched {
  readonly table: string;
  /** The id in a trigger; `row` is NEW or OLD. Default: the row's. */
  readonly id?: string;
  /** Rows that count, for `row`. Default: all. */
  readonly rows?: string;
  /** Changes of a row that count. Default: all. */
  readonly changes?: string;
}

const whatPersonsEdit = ['name', 'tags', 'note', 'starred', 'archived', 'study_id'];

const watched: Readonly<Record<RecordedKind, Watched>> = {
  settings: { table: 'settings', id: `'settings'` },
  target: { table: 'targets' },
  // Bundled ones are registered at each start.
  model: { table: 'models', rows: 'row.bundled = 0' },
  dataset: { table: 'datasets', rows: 'row.bundled = 0' },
  chat: { table: 'chats' },
  study: { table: 'studies' },
  // A training writes its run.json itself; a run that was imported has none before.
  run: {
    table: 'runs',
    rows: 'row.is_staged = 0 AND row.origin IS NOT NULL',
    changes: `NEW.is_staged = 0 AND (OLD.is_staged = 1 OR ${whatPersonsEdit.map((name) => `OLD.${name} IS NOT NEW.${name}`).join(' OR ')})`,
  },
  adapter: { table: 'adapters' },
  report: { table: 'reports' },
};

/** A record that was added, changed or removed since its file was written. */
export interface ChangedRecord {
  readonly sequence: number;
  readonly kind: RecordedKind;
  readonly id: string;
}

const changedSchema = z.array(z.object({ sequence: z.number(), kind: z.enum(recordedKinds), id: z.string() }));
const lastSchema = z.object({ last: z.number() });

/** Lists every record, e.g. of a home that an earlier version has written without files. */
export function listAllRecords(database: Database): void {
  database.transaction(() => {
    for (const kind of recordedKinds) {
      const { table, id = 'row.id', rows = 'TRUE' } = watched[kind];
      const counts = kind === 'run' ? 'row.is_staged = 0' : rows;
      database.exec(
        `INSERT OR REPLACE INTO changed_records (kind, id) SELECT DISTINCT '${kind}', ${id} FROM ${table} row WHERE ${counts}`,
      );
    }
  })();
}

/**
 * Lists records that are to be written to their files. Triggers fill the list in the transaction of the change itself, so that
 * no change is missed, and none that was rolled back is listed; it outlives a kill between the change and its file.
 */
export class RecordChanges {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
    for (const kind of recordedKinds) this.watch(kind, watched[kind]);
  }

  /** The newest first. @param after the sequence after which they were changed */
  list({ after, limit }: { readonly after: number; readonly limit: number }): ChangedRecord[] {
    return changedSchema.parse(
      this.database
        .prepare('SELECT * FROM changed_records WHERE sequence > ? ORDER BY sequence DESC LIMIT ?')
        .all(after, limit),
    );
  }

  /** The sequence of the last change; 0 if there is none. */
  last(): number {
    return lastSchema.parse(
      this.database.prepare('SELECT coalesce(max(sequence), 0) AS last FROM changed_records').get(),
    ).last;
  }

  /** Notes that the file of a record has its content as of that change. */
  written({ sequence }: ChangedRecord): void {
    this.database.prepare('DELETE FROM changed_records WHERE sequence = ?').run(sequence);
  }

  /** Lists every record again: the files may be of another state of the database. */
  listAll(): void {
    listAllRecords(this.database);
  }

  /** Triggers of this connection only: migrations and other programs see plain tables. */
  private watch(kind: RecordedKind, { table, id = 'row.id', rows = 'TRUE', changes }: Watched): void {
    const of = (text: string, row: 'NEW' | 'OLD') => text.replaceAll('row.', `${row}.`);
    for (const [event, row, counts] of [
      ['INSERT', 'NEW', of(rows, 'NEW')],
      ['UPDATE', 'NEW', changes ?? of(rows, 'NEW')],
      ['DELETE', 'OLD', of(rows, 'OLD')],
    ] as const)
      this.database.exec(
        `CREATE TEMP TRIGGER ${table}_${event.toLowerCase()} AFTER ${event} ON main.${table} WHEN ${counts} BEGIN
           DELETE FROM changed_records WHERE kind = '${kind}' AND id = ${of(id, row)};
           INSERT INTO changed_records (kind, id) VALUES ('${kind}', ${of(id, row)});
         END`,
      );
  }
}
