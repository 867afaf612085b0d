import { type ErrorValue, StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type { Log } from '../../logging/log.ts';
import { clock } from '../../store/clock.ts';
import type { Store } from '../../store/open-store.ts';
import type { Home } from '../home/home.ts';
import type { EventHub } from '../services/event-hub.ts';
import { closedError, type JobEnding } from './job-endings.ts';

/** Between two attempts to store the end of a job on a full disk. */
const retryMilliseconds = 2000;

interface Parts {
  readonly home: Pick<Home, 'noteAlive'>;
  readonly store: Store;
  readonly hub: EventHub;
  readonly log: Log;
  /** Updates what the job is about, e.g. its run. */
  settle(job: JobRecord, ending: JobEnding): void;
  isClosing(): boolean;
}

/** The state of jobs: stored, and told to the window, to the log and to those who wait for a job's end. */
export class JobRecords {
  private readonly parts: Parts;
  private readonly waiting = new Map<string, PromiseWithResolvers<JobRecord>>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  change(jobId: string, changes: Parameters<Store['jobs']['update']>[1]): JobRecord {
    this.parts.home.noteAlive();
    const { store } = this.parts;
    const write = () => store.jobs.update(jobId, changes);
    // An end survives a loss of power, with everything that the job wrote before it.
    const isEnd = changes.status !== undefined && changes.status !== 'queued' && changes.status !== 'running';
    const job = isEnd ? store.durably(write) : write();
    if (job === null) throw new StudioError('not_found', `There is no job ${jobId}.`);
    if (changes.status !== undefined)
      this.parts.log.info({ job: jobId, kind: job.kind, status: job.status }, job.title);
    this.tell(job);
    return job;
  }

  /** Ends a job that does not complete. */
  end(job: JobRecord, ending: JobEnding): void {
    this.tellEnd(this.storeEnd(job, ending), ending.error);
  }

  /** Like `end`; on a full disk the end is shown at once and stored as soon as there is space. */
  endOnFullDisk(job: JobRecord, ending: JobEnding): void {
    for (const attempt of ['first', 'last'] as const)
      try {
        if (attempt === 'last') this.parts.store.shrinkLog();
        this.end(job, ending);
        return;
      } catch (failure) {
        const full = toErrorValue(failure).code === 'disk_full';
        if (!full) this.parts.log.error({ err: failure, job: job.id }, 'the end of a job could not be stored');
        if (full && attempt === 'first') continue;
        if (full) this.keepEnd(job, ending);
        else this.tellEnd({ ...job, ...endedNow(ending, job) }, ending.error);
        return;
      }
  }

  /** Resolves when the job is neither queued nor running; `interrupted` if the studio was closed before it started. */
  ended(job: JobRecord): Promise<JobRecord> {
    const waiting = this.waiting.get(job.id) ?? Promise.withResolvers<JobRecord>();
    this.waiting.set(job.id, waiting);
    return waiting.promise;
  }

  /** Tells those who still wait that the studio was closed. */
  close(): void {
    for (const [jobId, { resolve }] of this.waiting) {
      const job = this.parts.store.jobs.find(jobId);
      if (job !== null)
        resolve({ ...job, status: 'interrupted', error: { ...closedError, hint: `${closedError.hint}.` } });
    }
  }

  /** Shows the end of a job that cannot be stored now, and stores it later. */
  private keepEnd(job: JobRecord, ending: JobEnding): void {
    this.parts.store.ends.keep(() => {
      try {
        this.parts.settle(job, ending);
      } catch (failure) {
        // Its log entry is written with the end.
        if (toErrorValue(failure).code !== 'disk_full')
          this.parts.log.error({ err: failure, job: job.id }, 'the end of a job could not be shown');
      }
      // Without a transaction, whose commit would fail as a whole.
      const ended = { ...job, ...endedNow(ending, job) };
      this.tellEnd(this.parts.store.jobs.update(job.id, ended) ?? ended, ending.error);
    });
    this.storeEndLater(job, ending);
  }

  /** Tries again until the end is stored, or the job was started again. If the studio quits first, its next start marks the job. */
  private storeEndLater(job: JobRecord, ending: JobEnding): void {
    const attempt = (): void => {
      if (this.parts.isClosing() || !this.parts.store.ends.has('job', job.id)) return;
      try {
        this.tell(this.storeEnd(job, ending));
      } catch {
        this.storeEndLater(job, ending);
      }
    };
    setTimeout(attempt, retryMilliseconds).unref();
  }

  private storeEnd(job: JobRecord, ending: JobEnding): JobRecord {
    this.parts.settle(job, ending);
    return this.change(job.id, endedNow(ending, job));
  }

  private tellEnd(job: JobRecord, error: ErrorValue | null): void {
    this.tell(job);
    if (error === null) return;
    this.parts.log.error({ job: job.id, status: job.status, err: StudioError.fromValue(error) }, job.title);
    // The client that adds data waits for the response, which has the same error.
    if (job.parentId === null && job.status !== 'cancelled' && jobInfo(job.kind).lane !== 'data')
      this.parts.hub.notify({
        level: job.status === 'failed' ? 'failure' : 'warning',
        title: job.title,
        message: error.message,
        error,
      });
  }

  private tell(job: JobRecord): void {
    this.parts.hub.jobChanged(job);
    if (job.status === 'queued' || job.status === 'running' || job.status === 'paused') return;
    this.waiting.get(job.id)?.resolve(job);
    this.waiting.delete(job.id);
  }
}

/** The store keeps an error without its details. */
function endedNow(
  { status, error }: JobEnding,
  { startedAt }: JobRecord,
): Pick<JobRecord, 'status' | 'error' | 'finishedAt'> {
  const stored =
    error === null
      ? null
      : {
          code: error.code,
          message: error.message,
          hint: error.hint,
          ...(error.field ? { field: error.field } : {}),
        };
  return { status, error: stored, finishedAt: clock.endOf(startedAt) };
}
