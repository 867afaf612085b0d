import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { asError, StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { type ComputeId, computeIdSchema, computeLabels } from '../../../src-shared/domain/app/catalog.ts';
import { type JobRecord, jobError } from '../../../src-shared/domain/jobs/job.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { BundleProgress, FailedAttempt, Worked } from '../../../src-shared/domain/targets/bundle.ts';
import { lossCurve } from '../../../src-shared/metrics/curves.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { createRun } from '../runs/runs.ts';
import { requireRun } from '../runs/training-record.ts';
import { bundleNames, readBundle, requireJob, requireSameVersion, resultFolder, resultNames } from './bundle-files.ts';
import { CheckpointKeeper, removeKept } from './kept-checkpoints.ts';
import { openDatasetInput, openModelInput } from './open-inputs.ts';
import { resumeKept } from './resume-kept.ts';
import { readJobConfig, requireInput } from './run-key.ts';
import { type Attempt, beginAttempt, fillResult, identityOf, publishResult } from './write-result.ts';

/**
 * Trains one run of a bundle in this home, and writes its result into the bundle. A result that is there already is left as it is.
 * @param backend the compute backend to take in place of the bundle's; null: that one
 * @throws StudioError which the bundle then has in a file of the attempt
 */
export async function workOn(
  services: HandlerServices,
  folder: string,
  index: number,
  backend: ComputeId | null,
): Promise<Worked> {
  const bundle = await readBundle(services, folder);
  const job = requireJob(bundle, index);
  const target = resultFolder(folder, job.runId);
  const done = { run: job.runId, title: job.title, folder: target };
  if (existsSync(join(target, resultNames.manifest))) return { ...done, outcome: 'there already' };
  const id = randomUUID();
  const attempt: Attempt = {
    bundle,
    job,
    id,
    folder: `${target}.tmp-${id}`,
    startedAt: Date.now(),
  };
  try {
    requireSameVersion(bundle);
    await beginAttempt(attempt);
    await train(services, attempt, backend);
    const isFirst = await publishResult(attempt);
    await removeKept(attempt).catch((error: unknown) => {
      services.log.warn({ err: error }, 'what attempts have kept could not be removed from the bundle');
    });
    return { ...done, outcome: isFirst ? 'trained' : 'another was first' };
  } catch (thrown) {
    await rm(attempt.folder, { recursive: true, force: true }).catch(() => undefined);
    const failure = failureOf(attempt, thrown);
    await writeFailure(attempt, failure).catch((error: unknown) => {
      services.log.warn({ err: error }, 'the failure of an attempt could not be written into its bundle');
    });
    throw failure;
  }
}

/** Returns the error unchanged. For a full disk, names the bundle's folder, which the system's message omits. */
function failureOf({ bundle: { folder }, job }: Attempt, thrown: unknown): unknown {
  const { code, message } = toErrorValue(thrown);
  // The home of the worker may be on another disk, and says so itself.
  const namesNone = thrown instanceof Error && 'code' in thrown && ['ENOSPC', 'EDQUOT'].includes(String(thrown.code));
  if (code !== 'disk_full' || !(namesNone || message.includes(folder))) return thrown;
  return new StudioError(
    'disk_full',
    `The result of job ${job.index} cannot be written into ${folder}: the disk is full.`,
    'Free some space there, then start the job again.',
  );
}

async function train(services: HandlerServices, attempt: Attempt, backend: ComputeId | null): Promise<void> {
  const { bundle, job: own, folder } = attempt;
  const config = await readJobConfig(services, bundle, own);
  await settle(services, attempt, config, backend);
  await openModelInput(services, bundle.folder, requireInput(bundle.inputs, 'model', config.model));
  await openDatasetInput(services, bundle.folder, requireInput(bundle.inputs, 'dataset', config.dataset));
  const resumed = await resumeKept(services, attempt);
  const { run, job } = resumed ?? (await createRun(services, { name: own.title, config, tags: [], studyId: null }));
  const keeper = new CheckpointKeeper(services, attempt, resumed?.from.step ?? 0);
  let failure: Error | null = null;
  const progress = new ProgressLog(folder, attempt.id, (error) => {
    failure ??= error;
    if (services.queue.isRunning(job.id)) services.queue.cancel(job.id);
  });
  const ended = await follow(services, job, run.id, { progress, keeper });
  await progress.end();
  await keeper.end();
  if (failure !== null) throw failure;
  if (ended.status === 'completed') {
    const from = resumed === null ? null : { attempt: resumed.from.attempt, step: resumed.from.step };
    return fillResult(services, attempt, requireRun(services.store, run.id), from);
  }
  throw ended.error === null
    ? new StudioError('cancelled', `The run "${own.title}" was ended before its last step (${ended.status}).`)
    : jobError(ended);
}

/** Waits for the run, whose progress goes into the log, and whose checkpoints are kept. */
async function follow(
  { hub, queue }: HandlerServices,
  job: JobRecord,
  runId: string,
  { progress: log, keeper }: { readonly progress: ProgressLog; readonly keeper: CheckpointKeeper },
): Promise<JobRecord> {
  log.add({});
  const stop = hub.subscribe((name, payload) => {
    if (name === 'run.metrics' && 'columns' in payload && payload.runId === runId) {
      const loss = payload.columns.find((column) => column.name === lossCurve.metric)?.values.at(-1);
      if (loss !== undefined) log.add({ loss: Number.isFinite(loss) ? loss : null });
    }
    if (name === 'run.changed' && 'checkpoints' in payload && payload.id === runId) keeper.look(payload);
    if (name !== 'job.changed' || !('progress' in payload) || payload.id !== job.id) return;
    const { progress } = payload;
    if (progress === null) return;
    const { phase, done, total, unit, etaSeconds } = progress;
    log.add({ phase, etaSeconds, ...(unit === 'steps' ? { step: done, steps: total } : {}) });
  });
  try {
    return await queue.ended(job);
  } finally {
    stop();
  }
}

/**
 * Takes the settings with which the bundle was written.
 * @throws StudioError refused where its compute backend does not work on this machine
 */
async function settle(
  { store, engine }: HandlerServices,
  { bundle: { folder, study }, job }: Attempt,
  config: RunConfig,
  backend: ComputeId | null,
): Promise<void> {
  const named = config.compute_backend === 'auto' ? study.computeBackend : config.compute_backend;
  const wanted = backend ?? computeIdSchema.safeParse(named).data ?? null;
  store.settings.set({ ...study.settings, ...(wanted === null ? {} : { compute_backend: wanted }) });
  // WebAssembly runs wherever this does.
  if (wanted === null || wanted === 'wasm') return;
  await engine.prepare();
  const reports = engine.backends('auto') ?? [];
  const found = reports.find(({ id }) => id === wanted);
  if (found?.available) return;
  const other = reports.find(({ chosen }) => chosen)?.id ?? 'wasm';
  throw new StudioError(
    'refused',
    `${computeLabels[wanted]}, with which the study is computed, does not work on ${hostname()}: ${found?.reason ?? 'this installation lacks it.'}`,
    config.compute_backend === 'auto'
      ? `Install CoTo Studio for this machine, or take ${computeLabels[other]} there: coto job ${folder} ${job.index} --compute-backend ${other} (of a target: --set compute_backend=${other}).`
      : 'Its settings name the backend (compute_backend): write the bundle again without it.',
  );
}

async function writeFailure(attempt: Attempt, thrown: unknown): Promise<void> {
  const { bundle, job, id } = attempt;
  const failed: FailedAttempt = {
    ...identityOf(attempt),
    at: Date.now(),
    error: toErrorValue(thrown),
  };
  const file = join(bundle.folder, bundleNames.results, `${job.runId}.failed-${id}.json`);
  await writeFileAtomic(file, `${JSON.stringify(failed)}\n`);
}

/** Between two lines at least: who follows 1000 runs on a shared disk reads them all. */
const betweenMilliseconds = 1000;
/** Share of the time since the first line: a run of ten minutes writes some 300 lines, and one of a day some 800. */
const betweenShare = 0.01;

/** Appends what an attempt reports to its `progress.jsonl`, one line after the other. */
class ProgressLog {
  private readonly path: string;
  private readonly onFailure: (error: Error) => void;
  private readonly line: Pick<BundleProgress, 'attempt'>;
  private latest: Omit<BundleProgress, 'attempt' | 'at'> = {
    phase: 'Starting',
    step: 0,
    steps: 0,
    loss: null,
    etaSeconds: null,
  };
  private readonly begunAt = Date.now();
  private writtenAt = Number.NEGATIVE_INFINITY;
  private writing: Promise<void> = Promise.resolve();

  /** `onFailure`: called where a line cannot be written, as on a full disk. */
  constructor(folder: string, attempt: string, onFailure: (error: Error) => void) {
    this.path = join(folder, resultNames.progress);
    this.line = { attempt };
    this.onFailure = onFailure;
  }

  add(changes: Partial<Omit<BundleProgress, 'attempt' | 'at'>>): void {
    this.latest = { ...this.latest, ...changes };
    const now = Date.now();
    const between = Math.max(betweenMilliseconds, betweenShare * (now - this.begunAt));
    if (now - this.writtenAt >= between) this.write();
  }

  /** Writes the last line, and waits for all. */
  async end(): Promise<void> {
    this.write();
    await this.writing;
  }

  private write(): void {
    this.writtenAt = Date.now();
    const line: BundleProgress = { ...this.line, at: this.writtenAt, ...this.latest };
    this.writing = this.writing
      .then(() => appendFile(this.path, `${JSON.stringify(line)}\n`))
      .catch((error: unknown) => this.onFailure(asError(error)));
  }
}
