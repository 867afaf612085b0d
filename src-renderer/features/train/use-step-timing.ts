import { create } from 'zustand';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { useAction } from '../../api/query.ts';
import { trainStrings } from '../../strings/train.ts';
import { isActive, useJob, useJobResult } from '../jobs/use-job.ts';

interface Timings {
  /** The job of each kind of step that was timed, by `shapeOf` its run. */
  readonly jobs: Readonly<Record<string, string>>;
}

/** Outlives the page: what was measured once holds until the app is closed. */
const useTimings = create<Timings>(() => ({ jobs: {} }));

/** Returns a key of all settings that affect the time of a step. */
function shapeOf(config: RunConfig): string {
  const {
    model,
    dataset,
    task,
    loss_type,
    max_length,
    adapter,
    optim,
    packing,
    packing_strategy,
    neat_packing,
    group_by_length,
    compute_backend,
    compute_dtype,
  } = config;
  const { per_device_train_batch_size, gradient_accumulation_steps, gradient_checkpointing, activation_dtype } = config;
  return JSON.stringify([
    [
      model,
      dataset,
      task,
      loss_type,
      max_length,
      adapter,
      optim,
      packing,
      packing_strategy,
      neat_packing,
      group_by_length,
      compute_backend,
      compute_dtype,
    ],
    [per_device_train_batch_size, gradient_accumulation_steps, gradient_checkpointing, activation_dtype],
  ]);
}

/** The measured time of a step of this run, and its measurement; null: the run cannot be timed now. */
export function useStepTiming(config: RunConfig | null) {
  const { jobs } = useTimings();
  const shape = config === null ? null : shapeOf(config);
  const job = useJob(shape === null ? null : (jobs[shape] ?? null));
  const result = useJobResult(job, 'time-steps');
  const start = useAction('runs.timeSteps', { failureTitle: trainStrings.notMeasured });
  return {
    job,
    isBusy: start.isPending || isActive(job),
    milliseconds: result?.milliseconds ?? null,
    measure: () => {
      if (config === null || shape === null) return;
      start.mutate(
        { config },
        {
          onSuccess: (started) => useTimings.setState({ jobs: { ...useTimings.getState().jobs, [shape]: started.id } }),
        },
      );
    },
  };
}
