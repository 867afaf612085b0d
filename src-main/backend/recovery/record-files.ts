import { rmSync } from 'node:fs';
import { z } from 'zod';
import { toErrorValue } from '../../../src-shared/contract/errors.ts';
import { type AdapterRecord, adapterRecordSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { settingsSchema } from '../../../src-shared/domain/app/catalog.ts';
import { datasetRecordSchema } from '../../../src-shared/domain/data/dataset.ts';
import { chatRecordSchema } from '../../../src-shared/domain/generation/chat.ts';
import { studyRecordSchema } from '../../../src-shared/domain/studies/study.ts';
import { targetRecordSchema } from '../../../src-shared/domain/targets/target.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { readOwnText } from '../../files/below.ts';
import { fileLimits } from '../../files/foreign-file.ts';
import { homePaths } from '../../store/home-paths.ts';
import type { Store } from '../../store/open-store.ts';
import type { ChangedRecord, RecordedKind } from '../../store/record-changes.ts';
import type { Home } from '../home/home.ts';
import { writeRunEdits } from '../runs/run-file.ts';
import type { Services } from '../services/services.ts';

/** Kinds that have files in `records`; a run has its run.json in its own folder. */
type FileKind = Exclude<RecordedKind, 'run'>;

/** Content of the file of each kind. Descriptions of bases and datasets are read again from their files. */
const recordSchemas = {
  // A newer version may have more of them.
  settings: z.object(settingsSchema.shape),
  target: targetRecordSchema,
  model: z.object({
    id: z.string(),
    name: z.string(),
    path: z.string().describe('below the home relative to it'),
    fingerprint: z.string().nullable(),
  }),
  dataset: datasetRecordSchema.pick({ id: true, name: true, licence: true, provenance: true, source: true }),
  chat: chatRecordSchema,
  study: studyRecordSchema,
  adapter: adapterRecordSchema,
  report: z.object({ id: z.string(), name: z.string() }),
} as const satisfies Record<FileKind, z.ZodType>;
type RecordOf<Kind extends FileKind> = z.output<(typeof recordSchemas)[Kind]>;

const readers: { readonly [Kind in FileKind]: (store: Store, id: string, home: string) => RecordOf<Kind> | null } = {
  settings: (store) => store.settings.get(),
  target: (store, id) => store.targets.find(id),
  model: (store, id, home) => {
    const found = store.models.find(id);
    if (found === null) return null;
    const { name, path, description } = found;
    return { id, name, path: homePaths(home).stored(path), fingerprint: description.fingerprint };
  },
  dataset: (store, id) => {
    const found = store.datasets.find(id);
    if (found === null) return null;
    const { name, licence, provenance, source } = found;
    return { id, name, licence, provenance, source };
  },
  chat: (store, id) => store.chats.find(id),
  study: (store, id) => store.studies.find(id),
  adapter: (store, id) => store.adapters.find(id),
  report: (store, id) => {
    const found = store.reports.find(id);
    return found === null ? null : { id, name: found.name };
  },
};

/** Folder of the files, below the home. */
const recordsFolder = 'records';

/** Number of files written before other work gets its turn. */
const filesAtOnce = 32;

/** Between two attempts to write files in the background. */
const retryMilliseconds = 5000;

type Parts = Pick<Services, 'home' | 'store' | 'hub' | 'log'>;

/**
 * Keeps small files of what lies in no folder of the home: names, tags, notes, studies, conversations and settings. A database
 * that is lost is rebuilt from them.
 */
export class RecordFiles {
  private readonly parts: Parts;
  private readonly unsubscribe: () => void;
  /** Changes up to this one are of earlier sessions and written in the background. */
  private readonly earlier: number;
  private writing: Promise<void> = Promise.resolve();
  /** Since when files cannot be written, e.g. because the disk is full; null: they can. */
  private failedAt: number | null = null;
  private isClosing = false;

  constructor(parts: Parts) {
    this.parts = parts;
    this.earlier = parts.store.recordChanges.last();
    // Every change of a record is told to the window.
    this.unsubscribe = parts.hub.subscribe((name) => {
      const hasFailed = this.failedAt !== null && Date.now() - this.failedAt < retryMilliseconds;
      if ((name === 'list.changed' || name === 'job.changed' || name === 'run.changed') && !hasFailed)
        void this.write();
    });
    if (this.earlier > 0) void this.writeEarlier();
  }

  /** Writes the files of records changed in this session. A file that cannot be written is tried again at the next change. */
  private write(): Promise<void> {
    return this.turn(async () => {
      const changes = this.parts.store.recordChanges.list({ after: this.earlier, limit: 1000 });
      for (const change of changes) await this.writeOne(change);
    });
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.unsubscribe();
    await this.write();
  }

  private async writeEarlier(): Promise<void> {
    let isMore = true;
    while (isMore && !this.isClosing) {
      isMore = false;
      await this.turn(async () => {
        const changes = this.parts.store.recordChanges.list({ after: 0, limit: filesAtOnce });
        for (const change of changes) await this.writeOne(change);
        isMore = changes.length > 0;
      });
    }
  }

  /** One file is written at a time, so that the newest content is written last. */
  private turn(work: () => Promise<void>): Promise<void> {
    const attempt = async (): Promise<void> => {
      try {
        await work();
        this.failedAt = null;
      } catch (error) {
        if (this.failedAt === null) this.parts.log.warn({ err: error }, 'the file of a record could not be written');
        this.failedAt = Date.now();
      }
    };
    this.writing = this.writing.then(attempt);
    return this.writing;
  }

  private async writeOne(change: ChangedRecord): Promise<void> {
    const { home, store, log } = this.parts;
    const { kind, id } = change;
    // Do not recreate anything in a home that has been deleted.
    home.requirePresent();
    try {
      if (kind === 'run') await writeRunEdits(this.parts, id);
      else {
        const record = readers[kind](store, id, home.path);
        const file = recordFile(home, kind, id);
        if (record === null) rmSync(file, { force: true });
        else await writeFileAtomic(file, `${JSON.stringify({ format: 1, [kind]: record })}\n`);
      }
    } catch (error) {
      // A row that cannot be read keeps the file that it has.
      if (toErrorValue(error).code !== 'invalid_file') throw error;
      log.warn({ err: error, kind, id }, 'the file of a record is left as it is');
    }
    store.recordChanges.written(change);
  }
}

function recordFile(home: Pick<Home, 'absolute'>, kind: FileKind, id: string): string {
  const name = `${encodeURIComponent(id)}.json`;
  return kind === 'settings' ? home.absolute(recordsFolder, name) : home.absolute(recordsFolder, kind, name);
}

/** Reads the file of a record; null if it is missing or cannot be read. */
export function readRecord<Kind extends FileKind>(
  home: Pick<Home, 'absolute'>,
  kind: Kind,
  id: string,
): RecordOf<Kind> | null;
export function readRecord(home: Pick<Home, 'absolute'>, kind: FileKind, id: string): unknown {
  try {
    const schema = z.object({ format: z.literal(1), [kind]: recordSchemas[kind] });
    const text = readOwnText(recordFile(home, kind, id), fileLimits.index);
    return text === null ? null : schema.parse(JSON.parse(text))[kind];
  } catch {
    return null;
  }
}

/** Reads the files of a kind. One that cannot be read, or that is named after another record, is passed over. */
export function readRecords<Kind extends Exclude<FileKind, 'settings' | 'target'>>(
  home: Pick<Home, 'absolute' | 'entries'>,
  kind: Kind,
): RecordOf<Kind>[] {
  return idsOf(home, kind).flatMap((id) => {
    const record = readRecord(home, kind, id);
    return record !== null && record.id === id ? [record] : [];
  });
}

/** Names of the files of a kind. */
export function idsOf(home: Pick<Home, 'entries'>, kind: FileKind): string[] {
  return home.entries(recordsFolder, kind).names.flatMap((name) => {
    try {
      return name.endsWith('.json') ? [decodeURIComponent(name.slice(0, -'.json'.length))] : [];
    } catch {
      return [];
    }
  });
}

/** The name, tags and origin of an adapter in the home, as its file has them; null if it has none of that adapter. */
export function readAdapterRecord(home: Pick<Home, 'absolute'>, id: string): AdapterRecord | null {
  const record = readRecord(home, 'adapter', id);
  return record !== null && record.id === id && record.folder === `adapters/${id}` ? record : null;
}
