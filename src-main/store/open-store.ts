import SqliteDatabase, { type Database } from 'better-sqlite3';
import { z } from 'zod';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { AdapterRepository } from './repositories/adapters.ts';
import { ChatRepository } from './repositories/chats.ts';
import { ContentRepository } from './repositories/contents.ts';
import { DatasetRepository } from './repositories/datasets.ts';
import { DescriptionRepository } from './repositories/descriptions.ts';
import { JobRepository } from './repositories/jobs.ts';
import { ModelRepository } from './repositories/models.ts';
import { ReportRepository } from './repositories/reports.ts';
import { RunHistoryRepository } from './repositories/run-history.ts';
import { RunRepository } from './repositories/runs.ts';
import { SettingsRepository } from './repositories/settings.ts';
import { StudyRepository } from './repositories/studies.ts';

/** The open database of the studio, with one repository per entity. */
export interface Store {
  readonly models: ModelRepository;
  readonly datasets: DatasetRepository;
  readonly descriptions: DescriptionRepository;
  readonly settings: SettingsRepository;
  readonly runs: RunRepository;
  readonly history: RunHistoryRepository;
  readonly adapters: AdapterRepository;
  readonly studies: StudyRepository;
  readonly contents: ContentRepository;
  readonly jobs: JobRepository;
  readonly reports: ReportRepository;
  readonly chats: ChatRepository;
  readonly schemaVersion: number;
  readonly sqliteVersion: string;
  /** Runs `work` in a transaction. */
  transaction<Result>(work: () => Result): Result;
  /** Writes the write-ahead log into the database and truncates it, which frees space on a full disk. */
  shrinkLog(): void;
  close(): void;
}

/**
 * Opens or creates the database `file` and migrates it to the newest schema. `:memory:` is allowed.
 * Throws StudioError: NewerDatabaseError, or invalid_file if it is not a database.
 */
export function openStore(file: string): Store {
  const database = openDatabase(file);
  const version = z
    .object({ version: z.string() })
    .parse(database.prepare('SELECT sqlite_version() AS version').get()).version;
  return {
    models: new ModelRepository(database),
    datasets: new DatasetRepository(database),
    descriptions: new DescriptionRepository(database),
    settings: new SettingsRepository(database),
    runs: new RunRepository(database),
    history: new RunHistoryRepository(database),
    adapters: new AdapterRepository(database),
    studies: new StudyRepository(database),
    contents: new ContentRepository(database),
    jobs: new JobRepository(database),
    reports: new ReportRepository(database),
    chats: new ChatRepository(database),
    schemaVersion: schemaVersion(database),
    sqliteVersion: version,
    transaction: (work) => database.transaction(work)(),
    shrinkLog: () => {
      database.pragma('wal_checkpoint(TRUNCATE)');
    },
    close: () => {
      database.close();
    },
  };
}

/** Write-ahead log, foreign keys on, a busy timeout of five seconds; synced at each checkpoint of the log. */
export function openDatabase(file: string): Database {
  const database = new SqliteDatabase(file, { timeout: 5000 });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_NOTADB')
      throw new StudioError(
        'invalid_file',
        `${file} is not a database of CoTo Studio.`,
        'Move the file away, or choose another home folder (COTO_STUDIO_HOME).',
      );
    throw error;
  }
}
