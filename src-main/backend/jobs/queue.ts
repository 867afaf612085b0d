import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorValue, StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { type JobKind, type JobLane, type JobRecord, jobInfo, jobLanes } from '../../../src-shared/domain/job.ts';
import type { EngineSignal } from '../../engine/contract.ts';
import type { Store } from '../../store/open-store.ts';
import { EngineLostError } from '../engine/engine-supervisor.ts';
import { newId } from '../identifiers.ts';
import type { HandlerServices, Services } from '../services.ts';
import { closedError, endingInMovedHome, endingOfLostSession, pausedByClosing, storedError } from './closing-errors.ts';
import { companionJobs } from './companion-jobs.ts';
import type { Job, JobContext, JobEnding, JobOutcome } from './define-job.ts';
import { InterruptedError } from './interrupted-error.ts';
import { notifyEnd } from './notify-end.ts';
import { moveInQueue, waitsInPausedQueue } from './queue-order.ts';
import { readyJobs } from './ready-jobs.ts';
import { retryUntilDone } from './retry-until-done.ts';
import { forwardSignal, type Running, runOnEngine } from './run-on-engine.ts';

export interface QueueOptions {
  /** Implementation of each kind of job. */
  jobOf(kind: JobKind): Job;
  /** false: jobs that an earlier session left in the queue are not run; only new ones are. */
  readonly takeUpQueue: boolean;
}

/** What runs in a lane: one job, or several together. */
interface Current {
  readonly jobs: (Running & { readonly context: JobContext })[];
  done: Promise<void>;
}

/**
 * Runs one job of each lane at a time, in the order of the queue; a job with `after` waits for those jobs and fails with
 * them.
 */
export class JobQueue {
  private readonly parts: HandlerServices;
  private readonly jobOf: QueueOptions['jobOf'];
  private readonly takeUpQueue: boolean;
  private readonly own = new Set<string>();
  private readonly current = new Map<JobLane, Current>();
  private readonly waiting = new Map<string, PromiseWithResolvers<JobRecord>>();
  private closing = false;
  /** Calls of `gather` that are not done. */
  private gathering = 0;

  constructor(services: Services, { jobOf, takeUpQueue }: QueueOptions) {
    this.parts = { ...services, queue: this };
    this.jobOf = jobOf;
    this.takeUpQueue = takeUpQueue;
  }

  /** Marks jobs that an earlier session left running, then starts the queue. */
  open(): void {
    const { home, store } = this.parts;
    for (const job of store.jobs.withStatus('running')) this.end(job, ...endingOfLostSession(job));
    if (home.moved) for (const job of store.jobs.withStatus('queued')) this.end(job, ...endingInMovedHome(job));
    this.pump();
  }

  add<Payload>(
    { kind }: Job<Payload>,
    details: { title: string; subjectId: string | null; after?: readonly string[]; parentId?: string },
    payload: Payload,
  ): JobRecord {
    const job: JobRecord = {
      id: newId('job'),
      kind,
      title: details.title,
      status: 'queued',
      subjectId: details.subjectId,
      parentId: details.parentId ?? null,
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

  /** Starts no job until `add` is done, so that the jobs that it adds can run together. */
  async gather<Result>(add: () => Promise<Result>): Promise<Result> {
    this.gathering++;
    try {
      return await add();
    } finally {
      this.gathering--;
      this.pumpSoon();
    }
  }

  /** Puts a paused or ended job back into the queue at its old position. */
  requeue(job: JobRecord, payload: unknown): JobRecord {
    this.parts.store.jobs.setPayload(job.id, payload);
    this.own.add(job.id);
    const queued = this.change(job.id, { status: 'queued', error: null, progress: null, finishedAt: null });
    this.parts.hub.listChanged('jobs');
    this.pumpSoon();
    return queued;
  }

  /** Asks the running job to pause, stop or cancel. Refused if `jobId` is not running. */
  signal(jobId: string, signal: EngineSignal): void {
    const current = this.running(jobId);
    if (current === null)
      throw new StudioError('refused', 'This job is not running.', 'It may just have ended: check its status.');
    current.signal = signal;
    if (signal === 'cancel') current.abort.abort(new StudioError('cancelled', 'It was cancelled.'));
    else current.pausing.abort();
    forwardSignal(this.parts, current);
  }

  /** Lets a running job save its progress and end as paused. Refused for a kind that cannot be resumed. */
  pause(jobId: string): void {
    const job = this.parts.store.jobs.find(jobId);
    if (job !== null && jobInfo(job.kind).atClose !== 'pause')
      throw new StudioError(
        'refused',
        `The job "${job.title}" cannot be paused.`,
        'Cancel it and start it again later.',
      );
    this.signal(jobId, 'pause');
  }

  /** Cancels a job: at once if it is queued, between two steps if it is running. */
  cancel(jobId: string): void {
    if (this.isRunning(jobId)) {
      this.signal(jobId, 'cancel');
      return;
    }
    const job = this.parts.store.jobs.find(jobId);
    if (job === null) throw new StudioError('not_found', `There is no job ${jobId}.`);
    if (job.status === 'cancelled') return;
    if (!['queued', 'paused', 'interrupted'].includes(job.status))
      throw new StudioError('refused', `The job "${job.title}" has already ended (${job.status}).`);
    this.end(job, 'cancelled', null);
    this.pumpSoon();
  }

  /** Puts a queued job before another one of the queue; null: at its end. */
  move(jobId: string, before: string | null): void {
    moveInQueue(this.parts.store.jobs, jobId, before);
    this.parts.hub.listChanged('jobs');
    this.pumpSoon();
  }

  /** Looks for jobs to start again, after settings that hold them have changed. */
  settingsChanged(): void {
    this.pumpSoon();
  }

  /** Marks a queued job as paused. */
  hold(jobId: string): void {
    this.change(jobId, { status: 'paused' });
  }

  /** Resolves when the job is neither queued nor running; `interrupted` if the studio was closed before it started. */
  ended(job: JobRecord): Promise<JobRecord> {
    const waiting = this.waiting.get(job.id) ?? Promise.withResolvers<JobRecord>();
    this.waiting.set(job.id, waiting);
    return waiting.promise;
  }

  isRunning(jobId: string): boolean {
    return this.running(jobId) !== null;
  }

  /** Whether a compute job is running. */
  get busy(): boolean {
    return this.current.has('compute');
  }

  /** Resolves when no runnable job is left. */
  async idle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.current.size > 0) await Promise.all([...this.current.values()].map(({ done }) => done));
      else if (this.closing || jobLanes.every((lane) => this.nextReady(lane) === null)) return;
    }
  }

  /**
   * Accepts no new job. A running training is paused, so that it saves a checkpoint; after `graceMilliseconds`, and
   * for other jobs at once, the engine is ended and the job is marked interrupted. File jobs are ended likewise.
   */
  async close(graceMilliseconds: number): Promise<void> {
    this.closing = true;
    const aside = jobLanes.filter((lane) => lane !== 'compute').flatMap((lane) => this.current.get(lane) ?? []);
    for (const { abort, job } of aside.flatMap(({ jobs }) => jobs)) {
      const { code, message, hint } = closedError;
      abort.abort(
        new StudioError(
          code,
          message,
          jobInfo(job.kind).lane === 'files' ? `${hint}: it goes on from there.` : `${hint}.`,
        ),
      );
    }
    const current = this.current.get('compute');
    if (current) {
      for (const { job, signal } of current.jobs)
        if (jobInfo(job.kind).atClose === 'pause' && signal === null && this.isRunning(job.id))
          this.signal(job.id, 'pause');
      const ends = current.jobs.some(({ job, signal }) => signal !== null || jobInfo(job.kind).atClose === 'finish');
      if (ends) await Promise.race([current.done, delay(graceMilliseconds, undefined, { ref: false })]);
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

  private running(jobId: string): Running | null {
    return [...this.current.values()].flatMap(({ jobs }) => jobs).find(({ job }) => job.id === jobId) ?? null;
  }

  private pumpSoon(): void {
    setImmediate(() => this.pump());
  }

  private pump(): void {
    for (const lane of jobLanes) this.pumpLane(lane);
  }

  private pumpLane(lane: JobLane): void {
    if (this.current.has(lane) || this.closing || this.gathering > 0) return;
    const job = this.nextReady(lane);
    if (job === null) return;
    const current: Current = { jobs: [], done: Promise.resolve() };
    this.current.set(lane, current);
    current.done = this.perform(job, current).finally(() => {
      this.current.delete(lane);
      this.pumpSoon();
    });
  }

  /**
   * The first queued job of the lane whose dependencies are met; jobs with failed dependencies are failed along the
   * way.
   */
  private nextReady(lane: JobLane): JobRecord | null {
    return this.ready(lane).next().value ?? null;
  }

  /** Every queued job of the lane that could start, as `nextReady`. */
  private ready(lane: JobLane): Generator<JobRecord, undefined> {
    const { jobs, settings } = this.parts.store;
    const isPaused = this.takeUpQueue && settings.get().queue_paused;
    return readyJobs(jobs, {
      isCandidate: (job) =>
        jobInfo(job.kind).lane === lane &&
        (this.takeUpQueue || this.own.has(job.id)) &&
        !(isPaused && waitsInPausedQueue(job)),
      endWithout: (job, error) => this.end(job, 'failed', error),
    });
  }

  /** Runs a job, with those that can run together with it, to the end of all. */
  private async perform(first: JobRecord, current: Current): Promise<void> {
    try {
      this.begin(first, current);
    } catch (thrown) {
      await this.settle(first, Promise.reject(thrown));
      return;
    }
    const { together, ...job } = this.jobOf(first.kind);
    const ready = [...this.ready(jobInfo(first.kind).lane)];
    const companions = await companionJobs(first, ready, this.parts, async (own, offered) =>
      together === undefined ? [] : together.companions(own, offered, this.parts),
    );
    for (const companion of companions)
      if (this.parts.store.jobs.find(companion.id)?.status === 'queued') this.begin(companion, current);
    const members = current.jobs.map(({ job: { id }, context }) => ({
      payload: this.parts.store.jobs.payload(id),
      context,
    }));
    const [only] = members;
    const outcomes =
      together !== undefined && members.length > 1
        ? together.execute(members, this.parts)
        : [(async () => job.execute(only?.payload, only?.context ?? fail(), this.parts))()];
    const ended = (running: (typeof current.jobs)[number]) => current.jobs.splice(current.jobs.indexOf(running), 1);
    await Promise.all(
      [...current.jobs].map((running, index) =>
        this.settle(running.job, outcomes[index] ?? fail()).finally(() => ended(running)),
      ),
    );
  }

  private begin(job: JobRecord, current: Current): void {
    this.change(job.id, { status: 'running', startedAt: Date.now(), error: null });
    const [abort, pausing] = [new AbortController(), new AbortController()];
    const context = this.context(job, { abort: abort.signal, pausing: pausing.signal });
    current.jobs.push({ job, context, abort, pausing, signal: null, place: null });
  }

  /** Stores how a job ended. */
  private async settle(job: JobRecord, outcome: Promise<JobOutcome>): Promise<void> {
    try {
      const { status, result, message } = await outcome;
      if (result !== undefined) this.parts.store.jobs.saveResult(job.id, result);
      const error = status === 'paused' && this.closing ? pausedByClosing : null;
      this.change(job.id, { status, error, finishedAt: Date.now() });
      if (message !== null && job.parentId === null)
        this.parts.hub.notify({ level: 'success', title: job.title, message, error: null });
    } catch (thrown) {
      const error = toErrorValue(thrown);
      const status = error.code === 'cancelled' ? 'cancelled' : this.isLoss(thrown) ? 'interrupted' : 'failed';
      this.endOnFullDisk(job, status, status === 'cancelled' ? null : error);
    }
  }

  /** Like `end`, but also notifies those who wait for the job if the disk is full. */
  private endOnFullDisk(job: JobRecord, status: JobEnding['status'], error: ErrorValue | null): void {
    for (const attempt of ['first', 'last'] as const)
      try {
        if (attempt === 'last') this.parts.store.shrinkLog();
        this.end(job, status, error);
        return;
      } catch (failure) {
        const full = toErrorValue(failure).code === 'disk_full';
        if (!full) this.parts.log.error({ err: failure, job: job.id }, 'the end of a job could not be stored');
        if (full && attempt === 'first') continue;
        this.tellEnd({ ...job, status, error: storedError(error), finishedAt: Date.now() }, error);
        if (full) this.storeEndLater(job, status, error);
        return;
      }
  }

  /** Until there is space, the job is listed as running; if that takes longer than the studio, the next start marks it. */
  private storeEndLater(...ending: Parameters<JobQueue['storeEnd']>): void {
    retryUntilDone(
      () => this.tell(this.storeEnd(...ending)),
      () => this.closing,
    );
  }

  private isLoss(thrown: unknown): boolean {
    if (
      thrown instanceof EngineLostError ||
      thrown instanceof InterruptedError ||
      toErrorValue(thrown).code === 'device_lost'
    )
      return true;
    return this.closing && toErrorValue(thrown).code === 'disconnected';
  }

  private context(job: JobRecord, signals: Pick<JobContext, 'abort' | 'pausing'>): JobContext {
    const { engine } = this.parts;
    const progress: JobContext['progress'] = (value) => {
      this.change(job.id, { progress: value });
    };
    return {
      job,
      progress,
      ...signals,
      runEngine: async (task, onEvent, runs) => {
        await engine.prepare();
        const own = this.running(job.id);
        if (runs === undefined && own?.signal === 'cancel') throw new StudioError('cancelled', 'It was cancelled.');
        const waiting = runs?.map((run) => this.running(run.job.id)) ?? [own];
        return runOnEngine(this.parts, task, {
          isShared: runs !== undefined,
          waiting,
          onEvent(event) {
            if (event.kind === 'progress') progress(event.progress);
            onEvent?.(event);
          },
        });
      },
    };
  }

  private end(job: JobRecord, status: JobEnding['status'], error: ErrorValue | null): void {
    this.tellEnd(this.storeEnd(job, status, error), error);
  }

  private storeEnd(job: JobRecord, status: JobEnding['status'], error: ErrorValue | null): JobRecord {
    this.jobOf(job.kind).settle(this.parts.store.jobs.payload(job.id), { status, error }, this.parts);
    return this.change(job.id, { status, error: storedError(error), finishedAt: Date.now() });
  }

  private tellEnd(job: JobRecord, error: ErrorValue | null): void {
    this.tell(job);
    if (error !== null)
      this.parts.log.error({ job: job.id, status: job.status, err: StudioError.fromValue(error) }, job.title);
    notifyEnd(this.parts.hub, job, error);
  }

  private change(jobId: string, changes: Parameters<Store['jobs']['update']>[1]): JobRecord {
    const job = this.parts.store.jobs.update(jobId, changes);
    if (job === null) throw new StudioError('not_found', `There is no job ${jobId}.`);
    if (changes.status !== undefined)
      this.parts.log.info({ job: jobId, kind: job.kind, status: job.status }, job.title);
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

function fail(): never {
  throw new Error('a job that began is not there');
}
