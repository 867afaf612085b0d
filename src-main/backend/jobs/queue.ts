import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
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
import type { Job } from './define-job.ts';
import type { HandlerServices } from './handler-services.ts';
import { HeldJobs } from './held-jobs.ts';
import { endingOfLostSession, type JobEnding } from './job-endings.ts';
import { JobLanes, type LaneOptions } from './job-lanes.ts';
import { JobRecords } from './job-records.ts';
import { QueueAdmission } from './queue-admission.ts';
import { moveInQueue } from './queue-order.ts';
import { needsAdapter, readyJobs } from './ready-jobs.ts';
import { forwardSignal } from './run-on-engine.ts';

export interface QueueOptions extends LaneOptions<HandlerServices> {
  jobOf(kind: JobKind): Job;
  /** false: jobs that an earlier session left in the queue are not run; only new ones are. */
  readonly takeUpQueue: boolean;
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
  private readonly records: JobRecords;
  private readonly lanes: JobLanes<HandlerServices>;
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
    this.admission = new QueueAdmission({
      ...services,
      held: this.held,
      takeUpQueue: options.takeUpQueue,
      onReleased: () => this.pumpSoon(),
    });
    this.lanes = new JobLanes({
      services: this.parts,
      options,
      records: this.records,
      ready: (lane) => this.ready(lane),
      isClosing: () => this.closing,
      onEnded: () => this.pumpSoon(),
      onFullDisk: () => void this.admission.waitForDisk(),
    });
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
    if (job.parentId === null) this.admission.stopWaiting();
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
    if (job.parentId === null) this.admission.stopWaiting();
    const queued = this.records.change(job.id, { status: 'queued', error: null, progress: null, finishedAt: null });
    this.parts.hub.listChanged('jobs');
    this.pumpSoon();
    return queued;
  }

  /** Asks the running job to pause, stop or cancel. Refused if `jobId` is not running. */
  signal(jobId: string, signal: EngineSignal): void {
    const current = this.lanes.running(jobId);
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
    this.admission.stopWaiting();
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
    return this.lanes.running(jobId) !== null;
  }

  /** True if a compute job is running. */
  get busy(): boolean {
    return this.lanes.isBusy('compute');
  }

  /** Resolves when no runnable job is left. */
  async idle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (jobLanes.some((lane) => this.lanes.isBusy(lane))) await this.lanes.done();
      else if (this.closing || jobLanes.every((lane) => this.nextReady(lane) === null)) return;
    }
  }

  /**
   * Accepts no new job. A running training is paused, so that it saves a checkpoint; after `graceMilliseconds`, and
   * for other jobs at once, the engine is ended and the job is marked interrupted. File jobs are ended likewise.
   */
  async close(graceMilliseconds: number): Promise<void> {
    this.closing = true;
    await this.lanes.close(graceMilliseconds, (jobId) => this.signal(jobId, 'pause'));
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

  private pumpSoon(): void {
    setImmediate(() => this.pump());
  }

  private pump(): void {
    for (const lane of jobLanes) this.pumpLane(lane);
  }

  private pumpLane(lane: JobLane): void {
    if (this.closing || this.gathering > 0) return;
    const isBusy = this.lanes.isBusy(lane);
    if (isBusy && !this.lanes.isJoinable(lane)) return;
    const job = this.nextReady(lane);
    if (job === null) return;
    if (!isBusy) this.lanes.start(lane, job);
    else if (!this.lanes.join(lane, job)) return;
    // The next one may join it.
    this.pumpSoon();
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
}
