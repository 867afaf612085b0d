import type { z } from 'zod';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import {
  type JobInfo,
  type JobKind,
  type JobRecord,
  type JobResult,
  jobInfo,
} from '../../../src-shared/domain/jobs/job.ts';
import type { JobProgress } from '../../../src-shared/domain/jobs/job-progress.ts';
import type { EngineEvent, EngineResultOf, EngineTask, EngineTaskOf } from '../../engine/api/jobs.ts';
import type { Services } from '../services/services.ts';
import type { HandlerServices } from './handler-services.ts';
import type { JobEnding } from './job-endings.ts';

/** Outcome of a job without an error. `result` is stored as JSON with the job. */
export interface JobOutcome<Result = unknown> {
  readonly status: 'completed' | 'paused' | 'stopped' | 'cancelled';
  readonly result?: Result;
  /** Notification when the job completed or was stopped; null for none. */
  readonly message: string | null;
}

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

/** One of several jobs that run together. */
export interface JobMember<Payload> {
  readonly payload: Payload;
  readonly context: JobContext;
}

/** Work of jobs of one kind that run together in one engine task. */
export interface TogetherWork<Payload, Result> {
  /** Returns the queued jobs ready to start that run together with `first`. */
  companions(
    first: Payload,
    queued: readonly { readonly id: string; readonly payload: Payload }[],
    services: HandlerServices,
  ): Promise<readonly string[]>;
  /** The outcome of each member; one that fails leaves the others alone. */
  execute(members: readonly JobMember<Payload>[], services: HandlerServices): Promise<JobOutcome<Result>>[];
}

interface JobDetails<Kind extends JobKind, Payload> {
  readonly kind: Kind;
  /**
   * Payload of a queued job, as stored. References are resolved when the job starts: earlier jobs may create their
   * targets.
   */
  readonly payload: z.ZodType<Payload>;
  /** Adapters that must not be removed until the job has ended. */
  references(payload: Payload, store: Services['store']): readonly AdapterReference[];
  execute(payload: Payload, context: JobContext, services: HandlerServices): Promise<JobOutcome<JobResult<Kind>>>;
  /** The path outside of the home that the job writes; absent: it writes in the home alone. */
  writesTo?(payload: Payload): string;
  /** Cancels the job with its work outside the studio. Absent: the queue cancels the job. */
  cancel?(subjectId: string, services: HandlerServices): Promise<void>;
  /** Called when the job ended without `execute` returning, to update its subject (run, study). */
  settle?(payload: Payload, ending: JobEnding, services: HandlerServices): void;
  /** Absent: every job of the kind runs by itself. */
  readonly together?: TogetherWork<Payload, JobResult<Kind>>;
}

/**
 * A kind of job: where it waits (`lane` and other properties, src-shared/domain/jobs/job.ts) and what it does, on payloads as
 * kept.
 */
export interface Job<Payload = unknown> extends JobInfo {
  readonly kind: JobKind;
  readonly payload: z.ZodType<Payload>;
  references(kept: unknown, store: Services['store']): readonly AdapterReference[];
  execute(kept: unknown, context: JobContext, services: HandlerServices): Promise<JobOutcome>;
  /** The path outside of the home that the job writes; null if it writes in the home alone, or its payload is not valid. */
  writesTo(kept: unknown): string | null;
  cancel?(subjectId: string, services: HandlerServices): Promise<void>;
  settle(kept: unknown, ending: JobEnding, services: HandlerServices): void;
  readonly together?: TogetherWork<unknown, unknown>;
}

/** Defines a kind of job; backend/job-kinds.ts lists it. */
export function defineJob<Kind extends JobKind, Payload>(details: JobDetails<Kind, Payload>): Job<Payload> {
  const { kind, payload } = details;
  return {
    ...jobInfo(kind),
    kind,
    payload,
    references: (kept, store) => details.references(payload.parse(kept), store),
    execute: async (kept, context, services) => details.execute(payload.parse(kept), context, services),
    writesTo: (kept) => {
      const parsed = payload.safeParse(kept);
      return parsed.success ? (details.writesTo?.(parsed.data) ?? null) : null;
    },
    ...(details.cancel ? { cancel: details.cancel } : {}),
    settle: (kept, ending, services) => details.settle?.(payload.parse(kept), ending, services),
    ...(details.together ? { together: onKept(payload, details.together) } : {}),
  };
}

/** The same on payloads as kept. */
function onKept<Payload, Result>(
  payload: z.ZodType<Payload>,
  { companions, execute }: TogetherWork<Payload, Result>,
): TogetherWork<unknown, Result> {
  return {
    companions: (first, queued, services) =>
      companions(
        payload.parse(first),
        queued.map((job) => ({ ...job, payload: payload.parse(job.payload) })),
        services,
      ),
    execute: (members, services) =>
      execute(
        members.map(({ payload: kept, context }) => ({ payload: payload.parse(kept), context })),
        services,
      ),
  };
}
