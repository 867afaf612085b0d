import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { RowKind, UnreadableRow } from '../../src-shared/domain/app/unreadable-row.ts';
import { backUpBeforeMigration } from './backups.ts';
import { checkPages, checkSchema, damaged } from './check-database.ts';
import { DamagedHomeError } from './damaged-home-error.ts';
import { homePaths } from './home-paths.ts';
import { keepStatements } from './keep-statements.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { listAllRecords, RecordChanges } from './record-changes.ts';
import { AdapterRepository } from './repositories/adapters.ts';
import { BundleRepository } from './repositories/bundles.ts';
import { ChatRepository } from './repositories/chats.ts';
import { ContentRepository } from './repositories/contents.ts';
import { DatasetRepository } from './repositories/datasets.ts';
import { DescriptionRepository } from './repositories/descriptions.ts';
import { JobRepository } from './repositories/jobs.ts';
import { ModelRepository } from './repositories/models.ts';
import { ReportRepository } from './repositories/reports.ts';
import { RunHistoryRepository } from './repositories/run-history.ts';
import { RunSampleRepository } from './repositories/run-samples.ts';
import { RunRepository } from './repositories/runs.ts';
import { SettingsRepository } from './repositories/settings.ts';
import { StudyRepository } from './repositories/studies.ts';
import { SubmissionRepository } from './repositories/submissions.ts';
import { TargetRepository } from './repositories/targets.ts';
import { RowReader } from './row-reader.ts';
import { UnwrittenEnds } from './unwritten-ends.ts';

/** The open database of the studio, with one repository per entity. */
export interface Store {
  readonly models: ModelRepository;
  readonly datasets: DatasetRepository;
  readonly descriptions: DescriptionRepository;
  readonly settings: SettingsRepository;
  readonly runs: RunRepository;
  readonly history: RunHistoryRepository;
  readonly samples: RunSampleRepository;
  readonly adapters: AdapterRepository;
  readonly studies: StudyRepository;
  readonly contents: ContentRepository;
  readonly jobs: JobRepository;
  readonly reports: ReportRepository;
  readonly chats: ChatRepository;
  readonly bundles: BundleRepository;
  readonly targets: TargetRepository;
  readonly submissions: SubmissionRepository;
  /** Records whose small files are to be written. */
  readonly recordChanges: RecordChanges;
  /** Ends of runs, jobs and studies that wait for space on the disk. */
  readonly ends: Pick<UnwrittenEnds, 'keep' | 'has'>;
  /** Rows that cannot be read. */
  readonly unreadable: Pick<RowReader, 'list' | 'onFound'>;
  /** Reads every list again. */
  findUnreadable(): readonly UnreadableRow[];
  /** Deletes such a row. @throws StudioError not_found if it is none, refused if others refer to it */
  deleteUnreadable(id: string): UnreadableRow;
  readonly schemaVersion: number;
  readonly sqliteVersion: string;
  /** Runs `work` in a transaction. */
  transaction<Result>(work: () => Result): Result;
  /** Copies the database to a new file, a piece at a time between other work. */
  copyTo(file: string): Promise<void>;
  /** Runs a transaction and makes everything written up to its end survive a loss of power. */
  durably<Result>(work: () => Result): Result;
  /** Makes everything written so far survive a loss of power: one sync of the write-ahead log. */
  sync(): void;
  /** Rows written since the database was opened. */
  rowsWritten(): number;
  /** Writes the write-ahead log into the database and truncates it, which frees space on a full disk. */
  shrinkLog(): void;
  close(): void;
}

export interface OpenOptions {
  /** false: runs or adapters are there already, so a database that is missing or empty has been lost. */
  readonly mayBeNew?: boolean;
  /** Gets a copy of the database before migrations change it. */
  readonly backups?: string;
}

/**
 * Opens or creates the database `file` and migrates it to the newest schema. `:memory:` is allowed.
 * Throws StudioError, having changed nothing: NewerDatabaseError, DamagedHomeError, or invalid_input if it cannot be opened or
 * written.
 */
export function openStore(file: string, options: OpenOptions = {}): Store {
  const database = openDatabase(file, options);
  const ends = new UnwrittenEnds();
  const rows = new RowReader(ends);
  const version = z
    .object({ version: z.string() })
    .parse(database.prepare('SELECT sqlite_version() AS version').get()).version;
  const repositories = {
    models: new ModelRepository(database, rows, homePaths(database.memory ? null : dirname(resolve(database.name)))),
    datasets: new DatasetRepository(database, rows),
    descriptions: new DescriptionRepository(database),
    settings: new SettingsRepository(database),
    runs: new RunRepository(database, rows, ends),
    history: new RunHistoryRepository(database),
    samples: new RunSampleRepository(database),
    adapters: new AdapterRepository(database, rows),
    studies: new StudyRepository(database, rows, ends),
    contents: new ContentRepository(database),
    jobs: new JobRepository(database, rows, ends),
    reports: new ReportRepository(database, rows),
    chats: new ChatRepository(database, rows),
    bundles: new BundleRepository(database),
    targets: new TargetRepository(database, rows),
    submissions: new SubmissionRepository(database, rows),
  };
  const findUnreadable = (): readonly UnreadableRow[] => {
    rows.clear();
    const { models, datasets, adapters, studies, jobs, reports, runs, chats, targets, submissions } = repositories;
    for (const { list } of [models, datasets, adapters, studies, reports, targets].map((one) => ({
      list: () => one.list(),
    })))
      list();
    for (const archived of [false, true]) runs.list(archived);
    for (const { id } of chats.list()) chats.readable(id);
    jobs.list(false);
    for (const { id } of studies.list()) submissions.list(id);
    return rows.list();
  };
  const countRows = database.prepare('SELECT total_changes() AS rows');
  const sync = (): void => {
    if (!database.memory) syncFile(`${database.name}-wal`);
  };
  return {
    ...repositories,
    recordChanges: new RecordChanges(database),
    ends,
    unreadable: rows,
    findUnreadable,
    deleteUnreadable: (id) => {
      const row = findUnreadable().find((one) => one.id === id);
      if (row === undefined)
        throw new StudioError(
          'not_found',
          `There is no row "${id}" in the studio that cannot be read.`,
          'List them: coto doctor.',
        );
      deleteRow(database, row);
      rows.clear();
      return row;
    },
    schemaVersion: schemaVersion(database),
    sqliteVersion: version,
    transaction: (work) => ends.within(database.transaction(work)),
    copyTo: async (target) => {
      await database.backup(target, { progress: () => pagesAtOnce });
    },
    durably: (work) => {
      const result = ends.within(database.transaction(work));
      sync();
      return result;
    },
    sync,
    rowsWritten: () => rowsWritten.parse(countRows.get()).rows,
    shrinkLog: () => {
      database.pragma('wal_checkpoint(TRUNCATE)');
    },
    close: () => {
      database.close();
    },
  };
}

/** Write-ahead log, foreign keys on, a busy timeout of five seconds; synced at each checkpoint of the log. */
export function openDatabase(file: string, { mayBeNew = true, backups }: OpenOptions = {}): Database {
  let database: Database | null = null;
  try {
    if (!mayBeNew && !existsSync(file)) throw lostError(file, 'is missing');
    database = new SqliteDatabase(file, { timeout: 5000 });
    requireWritable(database);
    checkSchema(database);
    if (!mayBeNew && schemaVersion(database) === 0) throw lostError(file, 'is empty');
    if (!database.memory) checkPages(database, statSync(file).size);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    const isOlder = needsMigration(database);
    if (backups !== undefined && isOlder) backUpBeforeMigration(database, backups);
    migrate(database);
    if (isOlder) listAllRecords(database);
    keepStatements(database);
    return database;
  } catch (error) {
    database?.close();
    throw openError(error, file);
  }
}

const rowsWritten = z.object({ rows: z.number() });

/** A log that is missing has been written into the database, which SQLite syncs. Windows only syncs files opened for writing. */
function syncFile(file: string): void {
  if (!existsSync(file)) return;
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** At 4 KiB each, a millisecond or two. */
const pagesAtOnce = 500;

function needsMigration(database: Database): boolean {
  const version = schemaVersion(database);
  return version > 0 && version < (migrations.at(-1)?.version ?? 0);
}

function lostError(file: string, state: string): DamagedHomeError {
  return new DamagedHomeError(`${file} ${state}, though the home has runs or adapters: this is no new studio.`);
}

/** A file that may only be read opens all the same, and fails at the first write. */
function requireWritable(database: Database): void {
  database.exec('BEGIN IMMEDIATE');
  database.exec('ROLLBACK');
}

function openError(error: unknown, file: string): unknown {
  if (!(error instanceof SqliteDatabase.SqliteError)) return error;
  if (error.code === 'SQLITE_NOTADB') return new DamagedHomeError(`${file} is not a database of CoTo Studio.`);
  if (error.code.startsWith('SQLITE_CORRUPT')) return damaged(file, [error.message]);
  if (error.code.startsWith('SQLITE_READONLY'))
    return new StudioError(
      'invalid_input',
      `The studio's database ${file} cannot be written: it is read-only.`,
      'Change its permissions, or choose another home folder (COTO_STUDIO_HOME).',
    );
  if (error.code.startsWith('SQLITE_CANTOPEN'))
    return new StudioError(
      'invalid_input',
      `The studio's database ${file} cannot be opened: a folder is in its place, or this user may not read it.`,
      'Move the folder away or change the permissions, or choose another home folder (COTO_STUDIO_HOME).',
    );
  return error;
}

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
function deleteRow(database: Database, { kind, id }: UnreadableRow): void {
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
