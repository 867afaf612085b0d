import { type ErrorCode, errorCodeSchema } from '../../../src-shared/contract/error-code.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type { JobProgress } from '../../../src-shared/domain/jobs/job-progress.ts';
import { clock } from '../../store/clock.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { JobContext } from '../jobs/job-context.ts';
import { InterruptedError } from '../jobs/job-endings.ts';
import { pauseRun } from '../runs/runs.ts';
import { PartsClock } from './parts-clock.ts';
import type { Begun, MayFail, PlanLead } from './run-plan.ts';

/** Thrown when the study is paused: its current part saves its progress, and the study ends as paused. */
export class PausedError extends Error {}

/** Leads the parts of one study's job: their progress becomes the job's, and cancelling or pausing it reaches them. */
export class StudyLead implements PlanLead {
  readonly studyId: string;
  readonly jobId: string;
  private readonly services: HandlerServices;
  private readonly context: JobContext;
  private readonly clock = new PartsClock();
  /** Parts of earlier rounds, and of later ones as far as they are known. */
  private before = 0;
  private later = 0;

  constructor(services: HandlerServices, studyId: string, context: JobContext) {
    this.services = services;
    this.studyId = studyId;
    this.jobId = context.job.id;
    this.context = context;
  }

  nextRound(later: number): void {
    this.before = this.clock.finished;
    this.later = later;
  }

  async part(parts: number, begin: () => Begun | Promise<Begun>, mayFail: MayFail = () => false): Promise<void> {
    const { abort, pausing } = this.context;
    if (pausing.aborted) throw new PausedError();
    abort.throwIfAborted();
    const jobs = [await begin()].flat();
    const [first] = jobs;
    if (first === undefined) return;
    this.clock.begin(first.kind, clock.now(), jobs.length);
    const stopFollowing = this.services.hub.subscribe((name, payload) => {
      if (name === 'job.changed' && 'progress' in payload && jobs.some(({ id }) => id === payload.id))
        this.report(payload, { parts: this.before + parts + this.later, together: jobs.length });
    });
    const over = new AbortController();
    try {
      const { queue } = this.services;
      const ended = Promise.all(jobs.map((job) => queue.ended(job)));
      // One that failed leaves the others to their end.
      for (const job of await Promise.race([ended, this.interrupted(jobs, over.signal)]))
        if (!mayFail(job)) requireCompleted(job);
      this.clock.end(clock.now());
    } finally {
      over.abort();
      stopFollowing();
    }
  }

  /**
   * Rejects when the study is cancelled, paused or closed before the parts are `over`, and forwards the signal to them.
   */
  private interrupted(jobs: readonly JobRecord[], over: AbortSignal): Promise<never> {
    const { abort, pausing } = this.context;
    const { queue } = this.services;
    return new Promise((_, reject) => {
      const end = () => {
        // On closing, the queue itself ends the running jobs.
        if (isCancelled(abort.reason)) for (const { id } of jobs) this.attempt(() => queue.cancel(id));
        reject(abort.reason);
      };
      const pause = () => {
        for (const job of jobs) this.attempt(() => this.pausePart(job));
        reject(new PausedError());
      };
      if (abort.aborted) end();
      else if (pausing.aborted) pause();
      abort.addEventListener('abort', end, { once: true, signal: over });
      pausing.addEventListener('abort', pause, { once: true, signal: over });
    });
  }

  private pausePart({ id, kind, subjectId }: JobRecord): void {
    const { queue } = this.services;
    if (kind === 'train' && subjectId !== null) pauseRun(this.services, subjectId);
    else if (jobInfo(kind).atClose === 'pause' && queue.isRunning(id)) queue.pause(id);
    else queue.cancel(id);
  }

  /** A part that has just ended needs no signal. */
  private attempt(tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
    }
  }

  private report(
    { id, title, progress, status }: JobRecord,
    { parts, together }: { readonly parts: number; readonly together: number },
  ): void {
    if (status !== 'running' && status !== 'queued') this.clock.ended(id);
    if (progress === null || status !== 'running') return;
    if (parts === 1) {
      this.context.progress(progress);
      return;
    }
    this.clock.progress(progress, id);
    const { share, etaSeconds } = this.clock.state(parts, clock.now());
    const next = this.clock.finished + 1;
    const [what, place] =
      together === 1 ? [title, `${next}`] : [`${title} and ${together - 1} more`, `${next}–${next + together - 1}`];
    const overall: JobProgress = {
      phase: `${what} (${place} of ${parts}): ${progress.phase}`,
      done: Math.floor(100 * share),
      total: 100,
      unit: '%',
      perSecond: null,
      etaSeconds,
    };
    this.context.progress(overall);
  }
}

function isCancelled(reason: unknown): boolean {
  return reason instanceof StudioError && reason.code === 'cancelled';
}

function requireCompleted({ title, status, error }: JobRecord): void {
  if (status === 'completed' || status === 'stopped') return;
  if (status === 'cancelled') throw new StudioError('cancelled', `"${title}" was cancelled.`);
  const code: ErrorCode = errorCodeSchema.catch('internal').parse(error?.code);
  const message = `"${title}" ${status === 'failed' ? 'failed' : 'was interrupted'}: ${error?.message ?? 'unknown reason.'}`;
  if (status === 'failed') throw new StudioError(code, message, error?.hint ?? null);
  throw new InterruptedError(code, message, error?.hint ?? null);
}
