import { type ErrorValue, StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { dataJobKinds, fileJobKinds, type JobKind, type JobRecord } from '../../../src-shared/domain/job.ts';
import type { EngineSignal } from '../../engine/contract.ts';
import type { Store } from '../../store/open-store.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import { EngineLostError } from '../engine/engine-supervisor.ts';
import type { EventHub } from '../event-hub.ts';
import { newId } from '../identifiers.ts';
import type { JobContext, JobExecutors, JobOutcome } from './executor.ts';
import { type JobPayload, payloadSchemas } from './payload.ts';

export interface QueueParts {
  readonly store: Store;
  readonly hub: EventHub;
  readonly engine: EngineSupervisor;
  readonly executors: JobExecutors;
  /** false: jobs that an earlier session left in the queue stay there; only those added now are done. */
  readonly takeUpQueue: boolean;
}

/** Jobs that are paused rather than cancelled when the studio closes: they save where they stand. */
const pausable: ReadonlySet<JobKind> = new Set(['train', 'pretrain']);

/** What computes waits for what computes, what moves files for what moves files, and what reads data for what reads data. */
const lanes = ['compute', 'files', 'data'] as const;
type Lane = (typeof lanes)[number];

function laneOf(kind: JobKind): Lane {
  if (dataJobKinds.has(kind)) return 'data';
  return fileJobKinds.has(kind) ? 'files' : 'compute';
}

const closedError = { code: 'disconnected', message: 'The studio was closed.', hint: 'Start it again' } as const;

interface Current {
  readonly job: JobRecord;
  readonly abort: AbortController;
  signal: EngineSignal | null;
  done: Promise<void>;
}

/** One job of each lane at a time, in the order of creation; a job with `after` waits for those, and fails with them. */
export class JobQueue {
  private readonly parts: QueueParts;
  private readonly own = new Set<string>();
  private readonly current = new Map<Lane, Current>();
  private readonly waiting = new Map<string, PromiseWithResolvers<JobRecord>>();
  private closing = false;

  constructor(parts: QueueParts) {
    this.parts = parts;
  }

  /** Marks what an earlier session left running, then starts on the queue. */
  open(): void {
    for (const job of this.parts.store.jobs.withStatus('running'))
      this.end(job, 'interrupted', {
        code: 'disconnected',
        message: 'The studio ended while this was running.',
        hint: job.kind === 'train' ? null : 'Start it again.',
        details: null,
      });
    this.pump();
  }

  add<Kind extends JobKind>(
    kind: Kind,
    details: { title: string; subjectId: string | null; after?: readonly string[] },
    payload: JobPayload<Kind>,
  ): JobRecord {
    const job: JobRecord = {
      id: newId('job'),
      kind,
      title: details.title,
      status: 'queued',
      subjectId: details.subjectId,
      after: [...(details.after ?? [])],
      progress: null,
      error: null,
      createdAt: Date.now(),
      startedAt: null,
      finishedAt: null,
    };
    this.parts.store.jobs.insert(job, payload);
    this.own.add(job.id);
    this.parts.hub.jobChanged(job);
    this.pumpSoon();
    return job;
  }

  /** Puts a job that paused or ended back into the queue, at its old place. */
  requeue<Kind extends JobKind>(job: JobRecord, payload: JobPayload<Kind>): JobRecord {
    this.parts.store.jobs.setPayload(job.id, payload);
    this.own.add(job.id);
    const queued = this.change(job.id, { status: 'queued', error: null, progress: null, finishedAt: null });
    this.pumpSoon();
    return queued;
  }

  /** Asks the running job to pause, stop or cancel. Refused where `jobId` is not the running one. */
  signal(jobId: string, signal: EngineSignal): void {
    const current = this.running(jobId);
    if (current === null)
      throw new StudioError('refused', 'This job is not running.', 'Look at its state: it may just have ended.');
    current.signal = signal;
    if (signal === 'cancel') current.abort.abort(new StudioError('cancelled', 'It was cancelled.'));
    if (laneOf(current.job.kind) !== 'compute') return;
    this.parts.engine.signal(signal).catch((error: unknown) => {
      if (!(error instanceof EngineLostError)) console.error('The engine could not be told:', error);
    });
  }

  /** Cancels a job in whatever state: at once where it waits, between two steps where it runs. */
  cancel(jobId: string): void {
    if (this.isRunning(jobId)) {
      this.signal(jobId, 'cancel');
      return;
    }
    const job = this.parts.store.jobs.find(jobId);
    if (job === null) throw new StudioError('not_found', `There is no job ${jobId}.`);
    if (job.status === 'cancelled') return;
    if (!['queued', 'paused', 'interrupted'].includes(job.status))
      throw new StudioError('refused', `The job "${job.title}" is over already (${job.status}).`);
    this.end(job, 'cancelled', null);
    this.pumpSoon();
  }

  /** Holds back a job that waits, as if it had been paused. */
  hold(jobId: string): void {
    this.change(jobId, { status: 'paused' });
  }

  /** Resolves when the job neither waits nor runs any more; `interrupted` where the studio was closed before its turn came. */
  ended(job: JobRecord): Promise<JobRecord> {
    const waiting = this.waiting.get(job.id) ?? Promise.withResolvers<JobRecord>();
    this.waiting.set(job.id, waiting);
    return waiting.promise;
  }

  isRunning(jobId: string): boolean {
    return this.running(jobId) !== null;
  }

  /** Whether something is being computed. */
  get busy(): boolean {
    return this.current.has('compute');
  }

  /** Resolves when nothing is left that could be done now. */
  async idle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.current.size > 0) await Promise.all([...this.current.values()].map(({ done }) => done));
      else if (this.closing || lanes.every((lane) => this.nextReady(lane) === null)) return;
    }
  }

  /**
   * Takes no new job. A training run that is under way is paused, so that it has a checkpoint of this moment; after
   * `graceMilliseconds`, and for other jobs at once, the engine is ended and the job is marked interrupted. What moves files
   * is ended likewise.
   */
  async close(graceMilliseconds: number): Promise<void> {
    this.closing = true;
    const aside = lanes.filter((lane) => lane !== 'compute').flatMap((lane) => this.current.get(lane) ?? []);
    for (const { abort, job } of aside) {
      const { code, message, hint } = closedError;
      abort.abort(
        new StudioError(code, message, laneOf(job.kind) === 'files' ? `${hint}: it goes on from there.` : `${hint}.`),
      );
    }
    const current = this.current.get('compute');
    if (current) {
      if (pausable.has(current.job.kind) && current.signal === null) this.signal(current.job.id, 'pause');
      const pausing = current.signal !== null || current.job.kind === 'report';
      if (pausing) await Promise.race([current.done, delay(graceMilliseconds)]);
    }
    await this.parts.engine.close();
    await current?.done;
    await Promise.all(aside.map(({ done }) => done));
    for (const [jobId, { resolve }] of this.waiting) {
      const job = this.parts.store.jobs.find(jobId);
      if (job !== null)
        resolve({ ...job, status: 'interrupted', error: { ...closedError, hint: `${closedError.hint}.` } });
    }
  }

  private running(jobId: string): Current | null {
    return [...this.current.values()].find(({ job }) => job.id === jobId) ?? null;
  }

  private pumpSoon(): void {
    setImmediate(() => this.pump());
  }

  private pump(): void {
    for (const lane of lanes) this.pumpLane(lane);
  }

  private pumpLane(lane: Lane): void {
    if (this.current.has(lane) || this.closing) return;
    const job = this.nextReady(lane);
    if (job === null) return;
    const current: Current = { job, abort: new AbortController(), signal: null, done: Promise.resolve() };
    this.current.set(lane, current);
    current.done = this.perform(current).finally(() => {
      this.current.delete(lane);
      this.pumpSoon();
    });
  }

  /** The oldest waiting job of the lane whose dependencies are met; those whose dependencies have failed are failed on the way. */
  private nextReady(lane: Lane): JobRecord | null {
    const { jobs } = this.parts.store;
    for (const job of jobs.withStatus('queued')) {
      if (laneOf(job.kind) !== lane || (!this.parts.takeUpQueue && !this.own.has(job.id))) continue;
      const before = job.after.map((id) => jobs.find(id));
      const failed = before.find((one) => one === null || isDead(one));
      if (failed !== undefined) {
        const title = failed?.title ?? 'a job that is gone';
        this.end(job, 'failed', {
          code: 'refused',
          message: `It needed "${title}", which ${failed === null ? 'is missing' : endedAs(failed)}.`,
          hint: 'Repeat that one, then start this again.',
          details: null,
        });
        return this.nextReady(lane);
      }
      if (before.every((one) => one !== null && (one.status === 'completed' || one.status === 'stopped'))) return job;
    }
    return null;
  }

  private async perform(current: Current): Promise<void> {
    const { job } = current;
    try {
      this.change(job.id, { status: 'running', startedAt: Date.now(), error: null });
      const outcome = await this.execute(job.kind, current);
      if (outcome.result !== undefined) this.parts.store.jobs.saveResult(job.id, outcome.result);
      this.change(job.id, { status: outcome.status, finishedAt: Date.now() });
      if (outcome.message !== null)
        this.parts.hub.notify({ level: 'success', title: job.title, message: outcome.message, error: null });
    } catch (thrown) {
      const error = toErrorValue(thrown);
      const status = error.code === 'cancelled' ? 'cancelled' : this.isLoss(thrown) ? 'interrupted' : 'failed';
      this.endOnFullDisk(job, status, status === 'cancelled' ? null : error);
    }
  }

  /** As `end`, where there may be no room for it: then whoever waits for the job is told all the same. */
  private endOnFullDisk(
    job: JobRecord,
    status: 'failed' | 'cancelled' | 'interrupted',
    error: ErrorValue | null,
  ): void {
    for (const attempt of ['first', 'last'] as const)
      try {
        if (attempt === 'last') this.parts.store.shrinkLog();
        this.end(job, status, error);
        return;
      } catch (failure) {
        const full = toErrorValue(failure).code === 'disk_full';
        if (!full) console.error(`The end of the job "${job.title}" could not be kept:`, failure);
        if (full && attempt === 'first') continue;
        // The next start finds the job running and marks it.
        this.tellEnd({ ...job, status, error: storedError(error), finishedAt: Date.now() }, error);
        return;
      }
  }

  private isLoss(thrown: unknown): boolean {
    if (thrown instanceof EngineLostError || toErrorValue(thrown).code === 'device_lost') return true;
    return this.closing && toErrorValue(thrown).code === 'disconnected';
  }

  private execute<Kind extends JobKind>(kind: Kind, current: Current): Promise<JobOutcome> {
    const payload = this.payload(kind, current.job.id);
    return this.parts.executors[kind].execute(payload, this.context(current));
  }

  private payload<Kind extends JobKind>(kind: Kind, jobId: string): JobPayload<Kind> {
    return payloadSchemas[kind].parse(this.parts.store.jobs.payload(jobId));
  }

  private context(current: Current): JobContext {
    const { engine } = this.parts;
    const progress: JobContext['progress'] = (value) => {
      this.change(current.job.id, { progress: value });
    };
    return {
      job: current.job,
      progress,
      abort: current.abort.signal,
      runEngine: async (task, onEvent) => {
        await engine.prepare();
        if (current.signal === 'cancel') throw new StudioError('cancelled', 'It was cancelled.');
        let fault: unknown = null;
        const running = engine.run(task, (event) => {
          if (fault !== null) return;
          try {
            if (event.kind === 'progress') progress(event.progress);
            onEvent?.(event);
          } catch (thrown) {
            // What cannot be kept (a full disk) must not be trained on: end the task, then say why.
            fault = thrown ?? new Error('unknown failure');
            void engine.signal('cancel').catch(() => undefined);
          }
        });
        if (current.signal !== null) void engine.signal(current.signal).catch(() => undefined);
        const result = await running;
        if (fault !== null) throw fault;
        if (!isOfKind(result, task.kind))
          throw new StudioError('internal', `The engine answered a ${task.kind} task with a ${result.kind} result.`);
        return result;
      },
    };
  }

  private end(job: JobRecord, status: 'failed' | 'cancelled' | 'interrupted', error: ErrorValue | null): void {
    this.settle(job.kind, job.id, status, error);
    this.tellEnd(this.change(job.id, { status, error: storedError(error), finishedAt: Date.now() }), error);
  }

  private tellEnd(job: JobRecord, error: ErrorValue | null): void {
    this.tell(job);
    // Who adds data waits for the answer, which says the same.
    if (error !== null && job.status !== 'cancelled' && !dataJobKinds.has(job.kind))
      this.parts.hub.notify({
        level: job.status === 'failed' ? 'failure' : 'warning',
        title: job.title,
        message: error.message,
        error,
      });
  }

  private settle<Kind extends JobKind>(
    kind: Kind,
    jobId: string,
    status: 'failed' | 'cancelled' | 'interrupted',
    error: ErrorValue | null,
  ): void {
    this.parts.executors[kind].settle(this.payload(kind, jobId), status, error);
  }

  private change(jobId: string, changes: Parameters<Store['jobs']['update']>[1]): JobRecord {
    const job = this.parts.store.jobs.update(jobId, changes);
    if (job === null) throw new StudioError('not_found', `There is no job ${jobId}.`);
    this.tell(job);
    return job;
  }

  private tell(job: JobRecord): void {
    this.parts.hub.jobChanged(job);
    if (job.status === 'queued' || job.status === 'running' || job.status === 'paused') return;
    this.waiting.get(job.id)?.resolve(job);
    this.waiting.delete(job.id);
  }
}

/** Nothing can come of it any more. An interrupted or paused training run can be resumed, so others go on waiting for it. */
function isDead(job: JobRecord): boolean {
  return (
    job.status === 'failed' || job.status === 'cancelled' || (job.status === 'interrupted' && job.kind !== 'train')
  );
}

function storedError(error: ErrorValue | null): JobRecord['error'] {
  return error === null ? null : { code: error.code, message: error.message, hint: error.hint };
}

function endedAs(job: JobRecord): string {
  return job.status === 'cancelled' ? 'was cancelled' : job.status === 'failed' ? 'failed' : 'was interrupted';
}

function isOfKind<Result extends { kind: string }, Kind extends string>(
  result: Result,
  kind: Kind,
): result is Extract<Result, { kind: Kind }> {
  return result.kind === kind;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
