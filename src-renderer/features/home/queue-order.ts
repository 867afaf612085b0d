import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';

/**
 * The job that one is put before to stand at `to` of the queue as it is shown; null: at the end. Undefined where it stands
 * there already.
 */
export function placeBefore(shown: readonly JobRecord[], from: number, to: number): string | null | undefined {
  if (from === to || to < 0 || to >= shown.length) return undefined;
  return shown[to > from ? to + 1 : to]?.id ?? null;
}

/** Estimated time until the running and queued jobs are done. */
export interface QueueTime {
  readonly seconds: number;
  /** True if the time of every job is known. */
  readonly isWhole: boolean;
}

/** A queued run takes as long as the finished ones of the same length on the same base and data. */
export function queueTime(jobs: readonly JobRecord[], runs: readonly RunRecord[]): QueueTime {
  const byId = new Map(runs.map((run) => [run.id, run]));
  const known = new Map<string, number[]>();
  for (const run of runs)
    if (run.result && run.status === 'completed') {
      const key = shapeOf(run);
      known.set(key, [...(known.get(key) ?? []), run.result.trainSeconds]);
    }
  const times = jobs
    .filter(({ parentId }) => parentId === null)
    .flatMap((job): (number | null)[] => {
      if (job.status === 'running') return [job.progress?.etaSeconds ?? null];
      if (job.status !== 'queued') return [];
      const run = byId.get(job.subjectId ?? '');
      const seconds = run ? known.get(shapeOf(run)) : undefined;
      return [seconds ? seconds.reduce((sum, one) => sum + one, 0) / seconds.length : null];
    });
  return {
    seconds: times.reduce<number>((sum, one) => sum + (one ?? 0), 0),
    isWhole: times.every((one) => one !== null),
  };
}

function shapeOf({ modelId, datasetId, config }: RunRecord): string {
  const { max_steps, num_train_epochs, per_device_train_batch_size, gradient_accumulation_steps } = config;
  return JSON.stringify([
    [modelId, datasetId, max_steps, per_device_train_batch_size, gradient_accumulation_steps],
    [max_steps > 0 ? 0 : num_train_epochs, config.train_samples_per_class, config.max_train_samples],
    config.adapter.variant,
  ]);
}
