import type { RunRecord } from '../domain/runs/run.ts';
import type { Curve } from '../domain/runs/run-history.ts';
import type { MetricRun } from './metric.ts';

const noCurves: ReadonlyMap<string, Curve> = new Map();

/** A run as the figures of curves take it; `group` is what shares its color. */
export function metricRun(run: RunRecord, group: string, curves: ReadonlyMap<string, Curve> = noCurves): MetricRun {
  const { id, name, config, facts, step } = run;
  return {
    id,
    label: name,
    group,
    coto: config.coto !== null,
    variant: config.adapter.variant,
    totalSteps: facts?.totalSteps ?? step,
    examplesPerStep: config.per_device_train_batch_size * config.gradient_accumulation_steps,
    curves,
  };
}
