import { existsSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { readOwnText } from '../../files/below.ts';
import { fileLimits } from '../../files/foreign-file.ts';
import { newId } from '../../store/identifiers.ts';
import type { Home } from '../home/home.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { describeDatasetCached } from '../library/datasets/datasets.ts';
import { addModel } from '../library/models/models.ts';
import type { RecordedRun } from '../reading/run-schemas.ts';
import { checkpointFolders } from '../runs/checkpoint-files.ts';
import { type RunFile, readRunFile, recordIn } from '../runs/run-file.ts';
import { placeAt } from '../trackers/place.ts';
import { tensorboardReader } from '../trackers/readers/tensorboard.ts';
import { recordedResult } from '../trackers/recorded-result.ts';
import { restoreHistory, restoreSamples } from './reconcile-runs.ts';
import type { Adoption } from './set-aside.ts';

/** Adds the folders of runs that no row names, with what they hold. */
export async function adoptRuns(services: HandlerServices, { skipped }: Adoption): Promise<number> {
  const { home, store } = services;
  const known = new Set(store.runs.places().map(({ id }) => id));
  let adopted = 0;
  for (const id of home.entries('runs').folders) {
    if (known.has(id)) continue;
    const folder = home.absolute('runs', id);
    try {
      await adoptRun(services, id, folder);
      adopted++;
    } catch (error) {
      skipped.push(`runs/${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return adopted;
}

/**
 * Adds a run again that was adopted without its base, now that the model and the dataset that its folder names can be
 * found; what was noted on it meanwhile stays. Returns true if it did.
 */
export async function completeRun(services: HandlerServices, { id, ...noted }: RunRecord): Promise<boolean> {
  const { home, store } = services;
  const folder = home.absolute('runs', id);
  const file = readRunFile(home, folder);
  if (file === null || (await withBase(services, file)) === null) return false;
  store.runs.remove(id);
  await adoptRun(services, id, folder);
  const { name, note, tags, starred, archived } = noted;
  store.runs.update(id, { name, note, tags, starred, archived });
  return true;
}

async function adoptRun(services: HandlerServices, id: string, folder: string): Promise<void> {
  const { home, store } = services;
  const file = readRunFile(home, folder);
  const recorded = await recordedIn(folder);
  const checkpoints = checkpointsIn(home, `runs/${id}`);
  if (file === null && recorded === null && checkpoints.length === 0)
    throw new StudioError('invalid_file', 'There is no run.json, event file or checkpoint in it.');
  const whole = file === null ? null : await withBase(services, file);
  const isWhole = whole !== null;
  const studyId = file?.run.studyId ?? null;
  const run = {
    ...(isWhole
      ? ended(recordIn(whole, `runs/${id}`, id), checkpoints)
      : withoutBase(id, folder, { file, recorded, checkpoints })),
    studyId: studyId !== null && store.studies.find(studyId) !== null ? studyId : null,
  };
  store.durably(() => {
    store.runs.insert(run);
    store.history.insertMetrics(id, recorded?.columns ?? []);
    if (!isWhole) return;
    const { createdAt, startedAt, finishedAt, error } = run;
    const status = run.status === 'queued' || run.status === 'running' ? 'interrupted' : run.status;
    const times = { createdAt, startedAt, finishedAt };
    store.jobs.insert(
      {
        id: newId('job'),
        kind: 'train',
        title: `Train ${run.name}`,
        status,
        subjectId: id,
        parentId: null,
        after: [],
        progress: null,
        error,
        ...times,
      },
      { runId: id, resumeFrom: null, together: null },
    );
  });
  // The event log has single precision, and no masks.
  const last = checkpoints.reduce((latest, { step }) => Math.max(latest, step), 0);
  if (file?.run.origin !== undefined) await restoreHistory(services, run, run.step);
  if (!isWhole) return;
  if (last > 0) await restoreHistory(services, run, last);
  // An ended run keeps all samples; a resumable one repeats those after its checkpoint.
  await restoreSamples(services, run, run.finishedAt === null ? last : Number.POSITIVE_INFINITY);
}

/** A run that had not ended waits to be resumed. */
function ended(run: RunRecord, checkpoints: readonly CheckpointRecord[]): RunRecord {
  if (run.finishedAt !== null && run.result !== null) return run;
  const step = checkpoints.reduce((latest, one) => Math.max(latest, one.step), 0);
  const error = {
    code: 'disconnected',
    message: 'The database was rebuilt from the folders while this run had not ended.',
    hint:
      step > 0
        ? `It can be resumed from its checkpoint at step ${step}.`
        : 'No checkpoint had been saved, so it has to start again.',
  };
  return { ...run, status: 'interrupted', step, error, finishedAt: null };
}

/** A run whose model and dataset are not known: its curves and settings, as of one that was imported. */
function withoutBase(
  id: string,
  folder: string,
  found: { file: RunFile | null; recorded: RecordedRun | null; checkpoints: readonly CheckpointRecord[] },
): RunRecord {
  const { file, recorded, checkpoints } = found;
  const lastStep = Math.max(
    0,
    ...(recorded?.columns ?? []).map(({ steps }) => steps.at(-1) ?? 0),
    ...checkpoints.map(({ step }) => step),
  );
  const settings = recorded?.settings ?? {};
  const unknown = runConfigSchema.parse({ model: '', dataset: '', adapter: { variant: 'imported' } });
  const changedAt = Math.round(statSync(folder).mtimeMs);
  return {
    id,
    name: file?.run.name ?? id,
    status: 'completed',
    config: file?.run.config ?? unknown,
    modelId: '',
    datasetId: '',
    tags: file?.run.tags ?? [],
    note: file?.run.note ?? '',
    starred: file?.run.starred ?? false,
    archived: file?.run.archived ?? false,
    studyId: null,
    step: file?.run.origin === undefined ? lastStep : file.run.step,
    facts: file?.run.facts ?? null,
    result: file?.run.result ?? (recorded === null ? null : recordedResult(recorded)),
    adapterId: null,
    checkpoints: [],
    error: null,
    folder: `runs/${id}`,
    createdAt: file?.run.createdAt ?? recorded?.startedAt ?? changedAt,
    startedAt: recorded?.startedAt ?? null,
    finishedAt: recorded?.finishedAt ?? changedAt,
    origin: file?.run.origin ?? { format: 'tensorboard', path: join(folder, 'logs'), run: id, settings },
  };
}

/**
 * Adds the run's model and dataset under their ids where they are not there yet. The run on the model as the studio has it; null
 * if they cannot be read any more.
 */
async function withBase(services: HandlerServices, file: RunFile): Promise<RunFile | null> {
  const { run, dataset } = file;
  const { store } = services;
  try {
    const modelId = await baseOf(services, file);
    if (modelId === null) return null;
    if (store.datasets.find(run.datasetId) === null) {
      if (dataset === null) return null;
      const { source } = dataset;
      const read = () => services.reader.read('describe', { source });
      store.datasets.save({
        id: run.datasetId,
        ...dataset,
        bundled: false,
        licence: null,
        provenance: null,
        description: await describeDatasetCached(store, source, read),
        createdAt: Date.now(),
      });
    }
    if (modelId === run.modelId) return file;
    // The config names it by its id, or by its folder.
    const config = { ...run.config, model: modelId };
    return { ...file, run: { ...run, modelId, config } };
  } catch {
    return null;
  }
}

/** The id of the run's model, which may have been added under another one before the run was found. */
async function baseOf(services: HandlerServices, { run, model }: RunFile): Promise<string | null> {
  const { models } = services.store;
  if (models.find(run.modelId) !== null) return run.modelId;
  if (model === null) return null;
  const { name, path, fingerprint } = model;
  const there = models.findByPath(path);
  if (there !== null) return there.id;
  if (existsSync(path)) return (await addModel(services, path, { name, id: run.modelId })).id;
  return models.list().find(({ description }) => description.fingerprint === fingerprint)?.id ?? null;
}

async function recordedIn(folder: string): Promise<RecordedRun | null> {
  const logs = join(folder, 'logs');
  if (!existsSync(logs)) return null;
  const place = await placeAt(logs);
  const [run] = await tensorboardReader.read(logs, place);
  return run ?? null;
}

const stateSchema = z.object({ global_step: z.number().int().min(0) });
const manifestSchema = z.object({ accuracy: z.number().nullable() });

/** The checkpoints in the folder of a run that have all that training needs to go on. */
function checkpointsIn(home: Pick<Home, 'absolute' | 'entries'>, run: string): CheckpointRecord[] {
  return checkpointFolders({ home }, { folder: run }).flatMap((folder): CheckpointRecord[] => {
    const path = home.absolute(folder);
    const kind = /^(last|best|step)\b/.exec(basename(path))?.[1];
    const state = parsed(join(path, 'trainer_state.json'), stateSchema);
    if (kind === undefined || state === null || !existsSync(join(path, 'adapter_model.safetensors'))) return [];
    return [
      {
        kind: kind === 'last' ? 'last' : kind === 'best' ? 'best' : 'step',
        step: state.global_step,
        folder,
        accuracy: parsed(join(path, 'manifest.json'), manifestSchema)?.accuracy ?? null,
        resumable: existsSync(join(path, 'optimizer.safetensors')),
      },
    ];
  });
}

function parsed<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> | null {
  try {
    return schema.parse(JSON.parse(readOwnText(file, fileLimits.config) ?? ''));
  } catch {
    return null;
  }
}
