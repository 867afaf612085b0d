import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { JobSpec } from '../../../src-shared/domain/studies/plan.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';

/** Work of a plan once its adapters are there, prepared: what is missing, and where the results will be. */
export interface PreparedWork<Result> {
  /** Each queues one job, a part of the study `jobId`. */
  readonly parts: readonly ((jobId: string) => JobRecord)[];
  /** The result of a key of the plan, after all parts. @throws RangeError for an unknown key */
  resultOf(key: string): Result;
}

/** Prepares all work of one kind that evaluates adapters; `runPlan` names every kind. */
export type PrepareWork<Result> = (
  services: HandlerServices,
  specs: readonly JobSpec[],
  trained: ReadonlyMap<string, AdapterRecord>,
  /** Metrics that the study names. */
  metrics: readonly string[],
) => Promise<PreparedWork<Result>>;
