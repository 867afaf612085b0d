import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { JobProgress } from '../../../src-shared/domain/jobs/job-progress.ts';
import type { EngineEvent, EngineResultOf, EngineTask, EngineTaskOf } from '../../engine/api/jobs.ts';

/** Access of a running job to its signals, its progress and the engine. */
export interface JobContext {
  readonly job: JobRecord;
  progress(progress: JobProgress): void;
  /**
   * For work outside the engine: aborted when the user cancels or the studio closes. Its reason is the StudioError
   * to end with.
   */
  readonly abort: AbortSignal;
  /** For a job that leads others: aborted when it should save its progress and end as paused. */
  readonly pausing: AbortSignal;
  /**
   * Runs one engine task for this job, which receives its signals and whose progress becomes the job's.
   * @param runs of a task of several runs, the job of each: it then receives the signals to its run.
   */
  runEngine<Kind extends EngineTask['kind']>(
    task: EngineTaskOf<Kind>,
    onEvent?: (event: EngineEvent) => void,
    runs?: readonly JobContext[],
  ): Promise<EngineResultOf<Kind>>;
}

/** Outcome of a job without an error. `result` is stored as JSON with the job. */
export interface JobOutcome<Result = unknown> {
  readonly status: 'completed' | 'paused' | 'stopped' | 'cancelled';
  readonly result?: Result;
  /** Notification when the job completed or was stopped; null for none. */
  readonly message: string | null;
  /** File or folder that the job wrote outside the home; the notification offers to show it. */
  readonly path?: string;
}

/** One of several jobs that run together. */
export interface JobMember<Payload> {
  readonly payload: Payload;
  readonly context: JobContext;
}

/** Work of jobs of one kind that run together in one engine task, with the services of request handlers. */
export interface TogetherWork<Payload, Result, Handlers> {
  /** Returns the queued jobs ready to start that run together with `first`. */
  companions(
    first: Payload,
    queued: readonly { readonly id: string; readonly payload: Payload }[],
    services: Handlers,
  ): Promise<readonly string[]>;
  /** The outcome of each member; one that fails leaves the others alone. */
  execute(members: readonly JobMember<Payload>[], services: Handlers): Promise<JobOutcome<Result>>[];
}
