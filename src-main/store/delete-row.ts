import SqliteDatabase, { type Database } from 'better-sqlite3';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { RowKind, UnreadableRow } from '../../src-shared/domain/unreadable-row.ts';

const tables = {
  run: 'runs',
  job: 'jobs',
  adapter: 'adapters',
  model: 'models',
  dataset: 'datasets',
  study: 'studies',
  report: 'reports',
  chat: 'chats',
  target: 'targets',
  submission: 'submissions',
} as const satisfies Record<RowKind, string>;

/** Deletes a row with what belongs to it; files stay. @throws StudioError refused if other rows refer to it */
export function deleteRow(database: Database, { kind, id }: UnreadableRow): void {
  try {
    database.transaction(() => {
      if (kind === 'job') database.prepare('DELETE FROM job_dependencies WHERE after_id = ?').run(id);
      database.prepare(`DELETE FROM ${tables[kind]} WHERE id = ?`).run(id);
    })();
  } catch (error) {
    if (!(error instanceof SqliteDatabase.SqliteError) || !error.code.startsWith('SQLITE_CONSTRAINT')) throw error;
    throw new StudioError(
      'refused',
      `The ${kind} ${id} cannot be deleted: runs or adapters refer to it.`,
      'Restore a backup (coto doctor --restore).',
    );
  }
}
