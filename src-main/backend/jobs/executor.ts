import type { ErrorValue } from '../../../src-shared/contract/errors.ts';
import type { JobKind, JobProgress, JobRecord } from '../../../src-shared/domain/job.ts';
import type { EngineEvent, EngineResult, EngineTask } from '../../engine/contract.ts';
import type { JobPayload } from './payload.ts';

/** How a job's work ended when nothing went wrong. `result` is kept as JSON with the job. */
export interface JobOutcome {
  readonly status: 'completed' | 'paused' | 'stopped' | 'cancelled';
  readonly result?: unknown;
  /** Said to the person when the job completed or was stopped; null: nothing is said. */
  readonly message: string | null;
}

export interface JobContext {
  readonly job: JobRecord;
  progress(progress: JobProgress): void;
  /**
   * Of work outside the engine: aborted when the person cancels or the studio closes. Its reason is the StudioError to end
   * with.
   */
  readonly abort: AbortSignal;
  /** Runs one engine task under this job: signals reach it, progress events become the job's. */
  runEngine<Kind extends EngineTask['kind']>(
    task: Extract<EngineTask, { kind: Kind }>,
    onEvent?: (event: EngineEvent) => void,
  ): Promise<Extract<EngineResult, { kind: Kind }>>;
}

/** What a kind of job does. One file each, listed once. */
export interface JobExecutor<Kind extends JobKind> {
  execute(payload: JobPayload<Kind>, context: JobContext): Promise<JobOutcome>;
  /** The job ended without `execute` returning: its subject (run, study) must say so too. */
  settle(payload: JobPayload<Kind>, status: 'failed' | 'cancelled' | 'interrupted', error: ErrorValue | null): void;
}

export type JobExecutors = { readonly [Kind in JobKind]: JobExecutor<Kind> };
