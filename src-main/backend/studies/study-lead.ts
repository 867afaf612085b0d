import { type ErrorCode, errorCodeSchema, StudioError } from '../../../src-shared/contract/errors.ts';
import { type JobProgress, type JobRecord, jobInfo } from '../../../src-shared/domain/job.ts';
import type { JobContext } from '../jobs/define-job.ts';
import { InterruptedError } from '../jobs/interrupted-error.ts';
import type { HandlerServices } from '../services.ts';
import { PartsClock } from './parts-clock.ts';
import type { PlanLead } from './run-plan.ts';

/** Thrown when the study is paused: its current part saves its progress, and the study ends as paused. */
export class PausedError extends Error {}

/** Leads the parts of one study's job: their progress becomes the job's, and cancelling or pausing it reaches them. */
export class StudyLead implements PlanLead {
  readonly studyId: string;
  readonly jobId: string;
  private readonly services: HandlerServices;
  private readonly context: JobContext;
  private readonly clock = new PartsClock();
  /** Parts of earlier rounds. */
  private before = 0;

  constructor(services: HandlerServices, studyId: string, context: JobContext) {
    this.services = services;
    this.studyId = studyId;
    this.jobId = context.job.id;
    this.context = context;
  }

  nextRound(): void {
    this.before = this.clock.finished;
  }

  async part(parts: number, begin: () => JobRecord | Promise<JobRecord>): Promise<void> {
    const { abort, pausing } = this.context;
    if (pausing.aborted) throw new PausedError();
    abort.throwIfAborted();
    const job = await begin();
    this.clock.begin(job.kind, Date.now());
    const stopFollowing = this.services.hub.subscribe((name, payload) => {
      if (name === 'job.changed' && 'progress' in payload && payload.id === job.id)
        this.report(payload, this.before + parts);
    });
    const over = new AbortController();
    try {
      requireCompleted(await Promise.race([this.services.queue.ended(job), this.interrupted(job, over.signal)]));
      this.clock.end(Date.now());
    } finally {
      over.abort();
      stopFollowing();
    }
  }

  /**
   * Rejects when the study is cancelled, paused or closed before the part is `over`, and forwards the signal to the part.
   */
  private interrupted(part: JobRecord, over: AbortSignal): Promise<never> {
    const { abort, pausing } = this.context;
    const { queue } = this.services;
    return new Promise((_, reject) => {
      const end = () => {
        // When the studio closes, the queue itself ends what runs.
        if (isCancelled(abort.reason)) this.attempt(() => queue.cancel(part.id));
        reject(abort.reason);
      };
      const pause = () => {
        const canGoOn = jobInfo(part.kind).atClose === 'pause' && queue.isRunning(part.id);
        this.attempt(() => (canGoOn ? queue.pause(part.id) : queue.cancel(part.id)));
        reject(new PausedError());
      };
      if (abort.aborted) end();
      else if (pausing.aborted) pause();
      abort.addEventListener('abort', end, { once: true, signal: over });
      pausing.addEventListener('abort', pause, { once: true, signal: over });
    });
  }

  /** A part that has just ended needs no signal. */
  private attempt(tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
    }
  }

  private report({ title, progress, status }: JobRecord, parts: number): void {
    if (progress === null || status !== 'running') return;
    if (parts === 1) {
      this.context.progress(progress);
      return;
    }
    this.clock.progress(progress);
    const { share, etaSeconds } = this.clock.state(parts, Date.now());
    const overall: JobProgress = {
      phase: `${title} (${this.clock.finished + 1} of ${parts}): ${progress.phase}`,
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
