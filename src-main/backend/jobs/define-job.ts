import { z } from 'zod';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { type JobInfo, type JobKind, type JobResult, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type { Services } from '../services/services.ts';
import type { HandlerServices } from './handler-services.ts';
import type { JobContext, JobOutcome, TogetherWork } from './job-context.ts';
import type { JobEnding } from './job-endings.ts';

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
  readonly together?: TogetherWork<Payload, JobResult<Kind>, HandlerServices>;
  /** Returns true if the job can start beside the jobs of its kind that run. Absent: it waits for their end. */
  joins?(payload: Payload, running: readonly Payload[]): boolean;
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
  readonly together?: TogetherWork<unknown, unknown, HandlerServices>;
  joins?(kept: unknown, running: readonly unknown[]): boolean;
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
    ...(details.joins ? { joins: joinsOnKept(payload, details.joins) } : {}),
  };
}

/** The same on payloads as kept. */
function onKept<Payload, Result>(
  payload: z.ZodType<Payload>,
  { companions, execute }: TogetherWork<Payload, Result, HandlerServices>,
): TogetherWork<unknown, Result, HandlerServices> {
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

/** A job whose payload cannot be read joins nothing: it then fails by itself. */
function joinsOnKept<Payload>(
  payload: z.ZodType<Payload>,
  joins: (own: Payload, running: readonly Payload[]) => boolean,
): NonNullable<Job['joins']> {
  return (kept, running) => {
    const parsed = z.tuple([payload, z.array(payload)]).safeParse([kept, running]);
    return parsed.success && joins(...parsed.data);
  };
}
