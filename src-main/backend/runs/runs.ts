import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunConfig, RunRecord, RunStatus } from '../../../src-shared/domain/runs/run.ts';
import { adapterVariant } from '../../engine/api/adapters.ts';
import { removeFolder } from '../../files/atomic.ts';
import { folderBytes } from '../../files/folder-fingerprint.ts';
import { newId } from '../../store/identifiers.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { seedJobs } from '../library/adapters/seed-adapter.ts';
import { trainingKey } from '../library/content-keys.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import { checkRun } from './check-run.ts';
import { latestCheckpoint, requireCheckpoint } from './latest-checkpoint.ts';
import { splitText, withMicroBatches } from './micro-batch-split.ts';
import { checkedRun } from './run-yaml.ts';
import { trainJob } from './train-job.ts';
import { requireRun, type TrainPayload } from './training-record.ts';

export interface NewRun {
  readonly name: string | undefined;
  readonly config: RunConfig;
  readonly tags: readonly string[];
  readonly studyId: string | null;
  /** The parent job of the training. */
  readonly parentId?: string;
  /** Runs with the same may be trained in one pass over the base, where they fit. */
  readonly together?: string | null;
}

/** Creates a run and queues its training. Throws, creating nothing, if the config does not fit its model or data. */
export async function createRun(
  services: HandlerServices,
  { name, config: given, tags, studyId, parentId, together = null }: NewRun,
): Promise<{ run: RunRecord; job: JobRecord }> {
  const { store, hub, queue } = services;
  const asked = checkedRun(given);
  const variant = adapterVariant(asked.adapter.variant);
  const model = await resolveModel(services, asked.model);
  const dataset = await resolveDataset(services, asked.dataset);
  await checkRun(services, asked, model, dataset.description);
  const config = await withMicroBatches(services, asked, model, dataset.description);
  const contentKey = await trainingKey(config, model, dataset);
  const id = newId('run');
  const run: RunRecord = {
    id,
    name: name ?? `${variant.declaration.label}${config.coto ? ' + CoTo' : ''} · ${dataset.name} · seed ${config.seed}`,
    status: 'queued',
    config,
    modelId: model.id,
    datasetId: dataset.id,
    tags: [...tags],
    note: '',
    starred: false,
    archived: false,
    studyId,
    step: 0,
    facts: null,
    result: null,
    adapterId: null,
    checkpoints: [],
    error: null,
    folder: `runs/${id}`,
    createdAt: Date.now(),
    startedAt: null,
    finishedAt: null,
  };
  const job = store.transaction(() => {
    store.runs.insert(run);
    store.contents.saveRun(id, contentKey);
    if (config.auto_find_batch_size) store.history.insertLog(id, Date.now(), 'info', splitText(config));
    const parent = parentId === undefined ? {} : { parentId };
    const details = { title: `Train ${run.name}`, subjectId: id, after: seedJobs(store, config), ...parent };
    return queue.add(trainJob, details, { runId: id, resumeFrom: null, together, inputs: 'compare' });
  });
  hub.runChanged(run);
  hub.listChanged('runs');
  return { run, job };
}

/** @throws StudioError if a run of that config cannot be created */
export async function checkPlannedRun(services: HandlerServices, given: RunConfig): Promise<void> {
  const config = checkedRun(given);
  adapterVariant(config.adapter.variant);
  const model = await resolveModel(services, config.model);
  const dataset = await resolveDataset(services, config.dataset);
  await checkRun(services, config, model, dataset.description);
}

/** Saves and pauses a running run; a queued one is held back. */
export function pauseRun(services: HandlerServices, id: string): void {
  const { store, hub, queue } = services;
  const { run, job } = runAndJob(services, id);
  if (queue.isRunning(job.id)) queue.signal(job.id, 'pause');
  else if (run.status === 'queued') {
    queue.hold(job.id);
    const held = store.runs.update(id, { status: 'paused' });
    if (held) hub.runChanged(held);
  } else throw notPossible(run, 'paused');
}

/** Saves, evaluates and adds the adapter. */
export function stopRun(services: HandlerServices, id: string): void {
  const { run, job } = runAndJob(services, id);
  if (!services.queue.isRunning(job.id)) throw notPossible(run, 'stopped and saved');
  services.queue.signal(job.id, 'stop');
}

export function cancelRun(services: HandlerServices, id: string): void {
  const { run, job } = runAndJob(services, id);
  if (!['queued', 'running', 'paused', 'interrupted'].includes(run.status)) throw notPossible(run, 'cancelled');
  services.queue.cancel(job.id);
}

/** Statuses of runs that ended early or wait, and can be resumed. */
export const resumableStatuses: ReadonlySet<RunStatus> = new Set([
  'paused',
  'interrupted',
  'failed',
  'cancelled',
  'stopped',
]);

interface ResumeOptions {
  readonly folder?: string | null;
  /** Key of runs that can be trained in one pass; null: the run trains alone. */
  readonly together?: string | null;
  /** By default, a run whose dataset or base has changed since the checkpoint is refused as it starts. */
  readonly inputs?: TrainPayload['inputs'];
}

/** Resumes from the checkpoint in `folder`, by default the latest that exists; a run without one starts again. */
export function resumeRun(
  services: HandlerServices,
  id: string,
  { folder = null, together = null, inputs = 'compare' }: ResumeOptions = {},
): JobRecord {
  const { store, hub, queue, home } = services;
  const { run, job } = runAndJob(services, id);
  if (!resumableStatuses.has(run.status)) throw notPossible(run, 'resumed');
  const from = folder === null ? (latestCheckpoint(home, run)?.folder ?? null) : checkedFolder(run, folder);
  const queued = store.transaction(() => {
    const changed = store.runs.update(id, { status: 'queued', error: null, finishedAt: null });
    if (changed) hub.runChanged(changed);
    return queue.requeue(job, { runId: id, resumeFrom: from, together, inputs });
  });
  return queued;
}

/** @throws StudioError where the run cannot go on from that checkpoint */
function checkedFolder(run: RunRecord, folder: string): string {
  const checkpoint = requireCheckpoint(run, folder);
  if (!checkpoint.resumable)
    throw new StudioError(
      'refused',
      `The checkpoint at step ${checkpoint.step} cannot be resumed: it is damaged, or holds weights only.`,
    );
  // The folder of the best checkpoint holds the later one, and the run would end with it.
  const laterBest = run.checkpoints.find(({ kind, step }) => kind === 'best' && step > checkpoint.step);
  if (run.config.load_best_model_at_end && laterBest !== undefined)
    throw new StudioError(
      'refused',
      `The best evaluation of "${run.name}" came later, at step ${laterBest.step}, and the run ends with it (load_best_model_at_end).`,
      `Resume it from step ${laterBest.step} or later.`,
    );
  return folder;
}

/** Removes a run with its history and checkpoints; its adapter stays. Returns the bytes that this frees. */
export async function removeRun(services: HandlerServices, id: string, undoMilliseconds: number): Promise<number> {
  const { home, deletions } = services;
  const run = refuseWhileTraining(services, id);
  // A deleted run must not start while deletion can be undone; after undo, it is paused.
  if (undoMilliseconds > 0 && run.status === 'queued') pauseRun(services, id);
  const freedBytes = await folderBytes(home.absolute(run.folder));
  await deletions.remove('runs', id, undoMilliseconds, () => removeRunNow(services, id));
  return freedBytes;
}

async function removeRunNow(services: HandlerServices, id: string): Promise<void> {
  const { store, hub, home, queue } = services;
  const run = refuseWhileTraining(services, id);
  if (run.origin === undefined) {
    const { job } = runAndJob(services, id);
    if (['queued', 'paused', 'interrupted'].includes(job.status)) queue.cancel(job.id);
  }
  const folder = home.absolute(run.folder);
  store.durably(() => store.runs.remove(id));
  await removeFolder(folder);
  hub.listChanged('runs');
}

function refuseWhileTraining(services: HandlerServices, id: string): RunRecord {
  const run = requireRun(services.store, id);
  if (run.origin === undefined && services.queue.isRunning(runAndJob(services, id).job.id))
    throw new StudioError('refused', `The run "${run.name}" is training.`, 'Cancel it first.');
  return run;
}

function runAndJob({ store }: HandlerServices, id: string): { run: RunRecord; job: JobRecord } {
  const run = requireRun(store, id);
  if (run.origin !== undefined)
    throw new StudioError('refused', `The run "${run.name}" was imported: the studio only has its curves.`);
  const job = store.jobs.findOfSubject(id);
  if (job === null) throw new StudioError('internal', `The run "${run.name}" has no job.`);
  return { run, job };
}

function notPossible(run: RunRecord, what: string): StudioError {
  return new StudioError('refused', `The run "${run.name}" is ${run.status}: it cannot be ${what}.`);
}
