import { existsSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { studyWork } from '../../engine/api/studies.ts';
import { newId } from '../../store/identifiers.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { describeDatasetCached } from '../library/datasets/datasets.ts';
import { editsOf, readRunFile } from '../runs/run-file.ts';
import { recordTunings } from '../studies/tuned.ts';
import { idsOf, readAdapterRecord, readRecord, readRecords } from './record-files.ts';
import type { Adoption } from './set-aside.ts';

/** Numbers of records restored from their files, by kind. */
export interface RestoredRecords {
  readonly studies: number;
  readonly datasets: number;
  readonly chats: number;
  readonly targets: number;
}

/** Adds what lies in no folder of the home, and is not in the database: the files may be newer than its backup. */
export async function restoreRecords(services: HandlerServices, adoption: Adoption): Promise<RestoredRecords> {
  const { home, store } = services;
  const settings = readRecord(home, 'settings', 'settings');
  if (settings !== null) store.settings.set(settings);
  let targets = 0;
  for (const name of idsOf(home, 'target')) {
    const target = readRecord(home, 'target', name);
    if (target === null || target.name !== name || store.targets.find(name) !== null) continue;
    store.targets.save(target);
    targets++;
  }
  let chats = 0;
  for (const chat of readRecords(home, 'chat')) {
    const known = store.chats.readable(chat.id);
    if (known !== null && known.updatedAt >= chat.updatedAt) continue;
    store.chats.save(chat);
    chats++;
  }
  const datasets = await restoreDatasets(services, adoption);
  let studies = 0;
  for (const study of readRecords(home, 'study')) if (restoreStudy(services, study)) studies++;
  return { studies, datasets, chats, targets };
}

/** Adds the datasets whose files are still there; others are added with the runs that were trained on them. */
async function restoreDatasets({ home, store, reader }: HandlerServices, { skipped }: Adoption): Promise<number> {
  let restored = 0;
  for (const { id, source, ...named } of readRecords(home, 'dataset')) {
    if (store.datasets.readable(id) !== null || !existsSync(source.path)) continue;
    try {
      const description = await describeDatasetCached(store, source, () => reader.read('describe', { source }));
      store.datasets.save({ id, ...named, source, bundled: false, description, createdAt: Date.now() });
      restored++;
    } catch (error) {
      skipped.push(`dataset ${named.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return restored;
}

/** Adds a study, or the end of a known one. One that had not ended can be resumed. Returns true if it did. */
function restoreStudy({ store }: HandlerServices, found: StudyRecord): boolean {
  const known = store.studies.find(found.id);
  if (known !== null) {
    if (found.result === null || isDeepStrictEqual(known.result, found.result)) return false;
    const { status, result, provenance, error, finishedAt } = found;
    store.studies.finish(found.id, {
      ...{ status, result, error, finishedAt: finishedAt ?? found.createdAt },
      ...(provenance === null ? {} : { provenance }),
    });
    return true;
  }
  const study = endedStudy(found);
  const job: JobRecord = {
    id: newId('job'),
    kind: 'study',
    title: study.name,
    status: study.status,
    subjectId: study.id,
    parentId: null,
    after: [],
    progress: null,
    error: study.error,
    createdAt: study.createdAt,
    startedAt: study.createdAt,
    finishedAt: study.finishedAt,
  };
  store.durably(() => {
    store.studies.insert(study);
    store.jobs.insert(job, { studyId: study.id });
  });
  return true;
}

function endedStudy(study: StudyRecord): StudyRecord {
  if (study.status !== 'queued' && study.status !== 'running') return study;
  const error = {
    code: 'disconnected',
    message: 'The database was rebuilt while this study had not ended.',
    hint: 'Resume it to continue.',
  };
  return { ...study, status: 'interrupted', error, finishedAt: study.finishedAt ?? study.createdAt };
}

/** Puts names, tags, notes and stars right that a backup does not have, and notes again which rates studies have tuned. */
export async function restoreEdits(services: HandlerServices): Promise<void> {
  const { home, store } = services;
  for (const adapter of store.adapters.list()) {
    const record = readAdapterRecord(home, adapter.id);
    if (record === null) continue;
    const { name, tags, starred, archived } = record;
    store.adapters.update(adapter.id, { name, tags, starred, archived });
  }
  for (const run of [...store.runs.list(false), ...store.runs.list(true)]) {
    const file = home.existing(run.folder) === null ? null : readRunFile(home, home.absolute(run.folder));
    if (file === null || isDeepStrictEqual(editsOf(file.run), editsOf(run))) continue;
    const { studyId: _, ...edits } = editsOf(file.run);
    store.runs.update(run.id, edits);
  }
  for (const { id, name } of readRecords(home, 'report'))
    if (store.reports.ids().includes(id)) store.reports.rename(id, name);
  for (const { id, kind, config, result } of store.studies.list())
    if (result !== null) await recordTunings(services, id, studyWork(kind).tunings(config, result));
}
