import { setTimeout as delay } from 'node:timers/promises';
import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import {
  type JobKind,
  type JobLane,
  type JobRecord,
  jobInfo,
  jobLanes,
  kindsOfLane,
} from '../../../src-shared/domain/jobs/job.ts';
import type { EngineSignal } from '../../engine/api/jobs.ts';
import { clock } from '../../store/clock.ts';
import { newId } from '../../store/identifiers.ts';
import type { Services } from '../services/services.ts';
import type { Job, JobContext, JobMember, JobOutcome } from './define-job.ts';
import type { HandlerServices } from './handler-services.ts';
import { HeldJobs } from './held-jobs.ts';
import { closedError, endingOfLostSession, endingOfThrown, type JobEnding, pausedByClosing } from './job-endings.ts';
import { JobRecords } from './job-records.ts';
import { QueueAdmission } from './queue-admission.ts';
import { moveInQueue } from './queue-order.ts';
import { companionJobs, needsAdapter, readyJobs } from './ready-jobs.ts';
import { forwardSignal, type Running, runOnEngine } from './run-on-engine.ts';

export interface QueueOptions {
  /** Implementation of each kind of job. */
  jobOf(kind: JobKind): Job;
  /** Throws if the files of an adapter that a job uses differ from those that were added. */
  checkAdapters(references: readonly AdapterReference[]): Promise<void>;
  /** Throws if the files of a base that an engine task uses differ from those that were added. */
  checkBase(directory: string): Promise<void>;
  /** false: jobs that an earlier session left in the queue are not run; only new ones are. */
  readonly takeUpQueue: boolean;
}

/** Content of a lane: one job, or several together. */
interface Current {
  readonly jobs: (Running & { readonly context: JobContext })[];
  done: Promise<void>;
}

/**
 * Runs one job of each lane at a time, in the order of the queue; a job with `after` waits for those jobs and fails with
 * them.
 */
export class JobQueue {
  readonly held: HeldJobs;
  private readonly parts: HandlerServices;
  private readonly options: QueueOptions;
  private readonly admission: QueueAdmission;
  private readonly current = new Map<JobLane, Current>();
  private readonly records: JobRecords;
  private closing = false;
  /** Calls of `gather` that are not done. */
  private gathering = 0;

  constructor(services: Services, options: QueueOptions) {
    this.parts = { ...services, queue: this };
    this.options = options;
    this.records = new JobRecords({
      ...services,
      settle: (job, ending) => this.settleKept(job, ending),
      isClosing: () => this.closing,
    });
    this.held = new HeldJobs({
      ...services,
      writesTo: (job) => this.writesTo(job),
      end: (job, ending) => this.records.end(job, ending),
      onReleased: () => this.pumpSoon(),
    });
    this.admission = new QueueAdmission({ ...services, held: this.held, takeUpQueue: options.takeUpQueue });
  }

  /** Removes what nobody asks for any more, marks jobs that an earlier session left running, then starts the queue. */
  open(): void {
    const { home, store } = this.parts;
    store.jobs.removeUnkept();
    for (const job of store.jobs.withStatus('running'))
      this.records.end(job, endingOfLostSession(job, home.ranOutOfMemory));
    this.held.open();
    this.pump();
  }

  add<Payload>(
    { kind }: Pick<Job<Payload>, 'kind' | 'payload'>,
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
      createdAt: clock.now(),
      startedAt: null,
      finishedAt: null,
    };
    this.parts.store.jobs.insert(job, payload);
    this.admission.add(job.id);
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
    this.admission.add(job.id);
    const queued = this.records.change(job.id, { status: 'queued', error: null, progress: null, finishedAt: null });
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
    this.records.end(job, { status: 'cancelled', error: null });
    this.pumpSoon();
  }

  /** Cancels a job with the work of its subject outside the studio, such as a study's runs on a cluster. */
  async cancelWithSubject({ id, kind, subjectId }: JobRecord): Promise<void> {
    const { cancel } = this.options.jobOf(kind);
    if (cancel !== undefined && subjectId !== null) await cancel(subjectId, this.parts);
    else this.cancel(id);
  }

  /** Returns the path outside of the home that a job writes; null if there is none, or its payload cannot be read. */
  writesTo({ id, kind }: JobRecord): string | null {
    return this.options.jobOf(kind).writesTo(this.parts.store.jobs.readablePayload(id));
  }

  /** Returns the queued or running job that needs the adapter; null if none does. */
  jobThatNeeds(adapterId: string): JobRecord | null {
    const { store } = this.parts;
    const needs = ({ id, kind }: JobRecord): boolean =>
      needsAdapter(this.options.jobOf(kind).references(store.jobs.payload(id), store), adapterId, store);
    return store.jobs.list(true).find(needs) ?? null;
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
    this.records.change(jobId, { status: 'paused' });
  }

  /**
   * Resolves when the job is neither queued nor running; `interrupted` if the studio was closed before it started. Whoever waits
   * needs it, so it is started even if an earlier session queued it.
   */
  ended(job: JobRecord): Promise<JobRecord> {
    if (this.admission.takeUp(job)) this.pumpSoon();
    return this.records.ended(job);
  }

  isRunning(jobId: string): boolean {
    return this.running(jobId) !== null;
  }

  /** True if a compute job is running. */
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
          jobInfo(job.kind).lane === 'files' ? `${hint}: it continues from there.` : `${hint}.`,
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
    this.records.close();
  }

  /** A job whose own row or that of its subject cannot be read ends all the same. */
  private settleKept(job: JobRecord, ending: JobEnding): void {
    try {
      this.options.jobOf(job.kind).settle(this.parts.store.jobs.payload(job.id), ending, this.parts);
    } catch (error) {
      if (!['invalid_file', 'invalid_input'].includes(toErrorValue(error).code)) throw error;
      this.parts.log.error({ err: error, job: job.id }, 'what a job is about could not be brought up to date');
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
    return readyJobs(this.parts.store.jobs, {
      kinds: kindsOfLane(lane),
      isCandidate: this.admission.current(),
      endWithout: (job, error) => this.records.end(job, { status: 'failed', error }),
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
    const { together, ...job } = this.options.jobOf(first.kind);
    const companions =
      together === undefined
        ? []
        : await companionJobs(first, [...this.ready(jobInfo(first.kind).lane)], this.parts, (own, offered) =>
            together.companions(own, offered, this.parts),
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
        : [this.executeAlone(job, only ?? fail())];
    const ended = (running: (typeof current.jobs)[number]) => current.jobs.splice(current.jobs.indexOf(running), 1);
    await Promise.all(
      [...current.jobs].map((running, index) =>
        this.settle(running.job, outcomes[index] ?? fail()).finally(() => ended(running)),
      ),
    );
  }

  private async executeAlone(
    { references, execute }: Pick<Job, 'references' | 'execute'>,
    { payload, context }: JobMember<unknown>,
  ): Promise<JobOutcome> {
    await this.options.checkAdapters(references(payload, this.parts.store));
    return execute(payload, context, this.parts);
  }

  private begin(job: JobRecord, current: Current): void {
    this.records.change(job.id, { status: 'running', startedAt: clock.now(), error: null });
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
      this.records.change(job.id, {
        status,
        error,
        finishedAt: clock.endOf(this.parts.store.jobs.find(job.id)?.startedAt ?? null),
      });
      if (message !== null && job.parentId === null)
        this.parts.hub.notify({ level: 'success', title: job.title, message, error: null });
    } catch (thrown) {
      this.records.endOnFullDisk(job, endingOfThrown(thrown, this.closing));
    }
  }

  private context(job: JobRecord, signals: Pick<JobContext, 'abort' | 'pausing'>): JobContext {
    const { engine } = this.parts;
    const progress: JobContext['progress'] = (value) => {
      this.records.change(job.id, { progress: value });
    };
    return {
      job,
      progress,
      ...signals,
      runEngine: async (task, onEvent, runs) => {
        await engine.prepare();
        if ('modelDirectory' in task && task.modelDirectory !== null) await this.options.checkBase(task.modelDirectory);
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
}

function fail(): never {
  throw new Error('a job that began is not there');
}
