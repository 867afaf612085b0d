import { z } from 'zod';
import { jobAnswerSchema, resultOf } from '../../../src-shared/domain/jobs/job.ts';
import { parameterSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { type RunConfig, type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { quantileOf } from '../../../src-shared/statistics/quantile.ts';
import { adapterVariant } from '../../engine/api/adapters.ts';
import type { Store } from '../../store/open-store.ts';
import type { JobRepository } from '../../store/repositories/jobs.ts';

/** Time of a step, measured on past runs. */
export interface MeasuredStep {
  readonly milliseconds: number;
  /** True if those runs had the same variant and rank; otherwise the step may take much longer, or less. */
  readonly ofSameAdapter: boolean;
}

/**
 * Time of a step of this run: by runs of the same adapter, else as it was measured on request, else by runs of another,
 * else by runs of the same model and data with any other settings.
 */
export function expectedStep(
  { runs, jobs }: Pick<Store, 'runs' | 'jobs'>,
  modelId: string,
  config: RunConfig,
): MeasuredStep | null {
  const past = runs.list(false);
  const step = measuredStep(past, modelId, config);
  return step?.ofSameAdapter ? step : (timedStep(jobs, modelId, config) ?? step ?? nearStep(past, modelId, config));
}

/**
 * Median of the median step times of past runs with the same model, dataset, batch, targets and use of CoTo, each trained
 * alone: of those with the same variant and rank, else of all; null without any.
 */
export function measuredStep(runs: readonly RunRecord[], modelId: string, config: RunConfig): MeasuredStep | null {
  const { same, all } = likeRuns(runs, modelId, config);
  return medianStep(same.filter(isAlone), true) ?? medianStep(all.filter(isAlone), false);
}

/** Median of past runs of the model on the dataset with texts of the same length, scaled by the examples of a step. */
export function nearStep(runs: readonly RunRecord[], modelId: string, config: RunConfig): MeasuredStep | null {
  const near = runs.filter(
    (run) =>
      run.modelId === modelId &&
      run.config.dataset === config.dataset &&
      run.config.max_length === config.max_length &&
      run.config.compute_backend === config.compute_backend,
  );
  const times = near.flatMap(({ result, config: past }) =>
    result === null || result.medianStepMilliseconds <= 0
      ? []
      : [(result.medianStepMilliseconds * examplesOf(config)) / examplesOf(past)],
  );
  return medianOf(times, false);
}

function examplesOf({ per_device_train_batch_size, gradient_accumulation_steps }: RunConfig): number {
  return per_device_train_batch_size * gradient_accumulation_steps;
}

/**
 * The same of runs trained together, as those of a study are, else of runs trained alone. The step times of runs trained
 * together are each run's share of the pass already.
 */
export function measuredShare(runs: readonly RunRecord[], modelId: string, config: RunConfig): MeasuredStep | null {
  const { same, all } = likeRuns(runs, modelId, config);
  const shared = (some: readonly RunRecord[]) => some.filter((run) => !isAlone(run));
  return (
    medianStep(shared(same), true) ?? medianStep(same, true) ?? medianStep(shared(all), false) ?? medianStep(all, false)
  );
}

/** Timed runs of the model with the same settings but for the adapter's own, and those of them with the same adapter. */
function likeRuns(
  runs: readonly RunRecord[],
  modelId: string,
  config: RunConfig,
): { readonly same: RunRecord[]; readonly all: RunRecord[] } {
  const all = runs.filter(
    (run) =>
      run.modelId === modelId &&
      run.result !== null &&
      run.result.medianStepMilliseconds > 0 &&
      isSameShape(run.config, config),
  );
  const isSame = sameAdapterAs(config.adapter);
  return { all, same: all.filter((run) => isSame(run.config.adapter)) };
}

function isAlone({ facts }: RunRecord): boolean {
  return (facts?.runsTogether ?? 1) === 1;
}

function medianStep(runs: readonly RunRecord[], ofSameAdapter: boolean): MeasuredStep | null {
  return medianOf(
    runs.map(({ result }) => result?.medianStepMilliseconds ?? 0),
    ofSameAdapter,
  );
}

function medianOf(times: readonly number[], ofSameAdapter: boolean): MeasuredStep | null {
  if (times.length === 0) return null;
  const sorted = times.toSorted((left, right) => left - right);
  return { milliseconds: quantileOf(sorted, 0.5), ofSameAdapter };
}

function isSameShape(one: RunConfig, other: RunConfig): boolean {
  return (
    one.dataset === other.dataset &&
    one.max_length === other.max_length &&
    one.per_device_train_batch_size === other.per_device_train_batch_size &&
    one.gradient_accumulation_steps === other.gradient_accumulation_steps &&
    JSON.stringify(one.adapter.target_modules) === JSON.stringify(other.adapter.target_modules) &&
    JSON.stringify(one.coto) === JSON.stringify(other.coto) &&
    one.compute_backend === other.compute_backend
  );
}

/**
 * The newest time of a step that was measured on request (a job of the kind time-steps) for the same model, settings, variant
 * and rank; without CoTo, and so an upper bound with it. Null without any.
 */
export function timedStep(jobs: JobRepository, modelId: string, config: RunConfig): MeasuredStep | null {
  const plain = { ...config, coto: null };
  const isSame = sameAdapterAs(config.adapter);
  for (const { id } of jobs.completedOfKind('time-steps', 50)) {
    const timed = timedPayload.safeParse(jobs.payload(id)).data?.config;
    const answer = jobAnswerSchema.safeParse({ kind: 'time-steps', result: jobs.result(id) }).data;
    const result = answer === undefined ? null : resultOf(answer, 'time-steps');
    if (timed === undefined || result === null || timed.model !== modelId) continue;
    if (isSameShape({ ...timed, coto: null }, plain) && isSame(timed.adapter))
      return { milliseconds: result.milliseconds, ofSameAdapter: true };
  }
  return null;
}
const timedPayload = z.object({ config: runConfigSchema });

/** Tells adapters of the same variant and rank; the rank is that of modules that no pattern names. */
function sameAdapterAs({ variant: id, parameters }: RunConfig['adapter']): (past: RunConfig['adapter']) => boolean {
  const variant = adapterVariant(id);
  const schema = parameterSchema(variant.declaration.parameters);
  const { rank } = variant.strength(parameters, []);
  return (past) => {
    if (past.variant !== id) return false;
    // Runs of earlier versions lack the parameters that have been added since.
    const completed = schema.safeParse(past.parameters);
    return completed.success && variant.strength(completed.data, []).rank === rank;
  };
}
