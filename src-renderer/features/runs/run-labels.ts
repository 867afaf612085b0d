import { rankText } from '../../../src-shared/domain/parameter-values.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/run.ts';
import type { Curve } from '../../../src-shared/domain/run-history.ts';
import type { MetricRun } from '../../../src-shared/figures/index.ts';
import type { RunHistory } from './history-feed.ts';

const noCurves: ReadonlyMap<string, Curve> = new Map();

/** "LoRA + CoTo": the variant's name in the catalog, and whether CoTo was on. */
export function methodLabel(config: RunConfig, variants: ReadonlyMap<string, string>): string {
  const variant = variants.get(config.adapter.variant) ?? config.adapter.variant;
  return config.coto ? `${variant} + CoTo` : variant;
}

/** "LoRA + CoTo, r 8" */
export function methodWithRank(config: RunConfig, variants: ReadonlyMap<string, string>): string {
  return [methodLabel(config, variants), rankText(config.adapter.parameters)].filter(Boolean).join(', ');
}

/**
 * Whether a run can be taken up again: it ended early and left a checkpoint that holds the optimizer, or it was paused
 * before its first step.
 */
export function canResume(run: RunRecord): boolean {
  if (run.status === 'paused') return true;
  const early = run.status === 'interrupted' || run.status === 'failed' || run.status === 'stopped';
  return early && run.checkpoints.some((checkpoint) => checkpoint.resumable);
}

export function isActive(run: RunRecord): boolean {
  return run.status === 'queued' || run.status === 'running';
}

/**
 * What the figures need of each run. Runs that differ in nothing but their seeds share a group, and so a color; where two
 * configs would share a group's name, each run goes by its own.
 */
export function metricRuns(
  runs: readonly RunRecord[],
  histories: ReadonlyMap<string, RunHistory>,
  variants: ReadonlyMap<string, string>,
): MetricRun[] {
  const shapes = new Map<string, Set<string>>();
  for (const run of runs) {
    const label = methodLabel(run.config, variants);
    const known = shapes.get(label) ?? new Set();
    known.add(run.origin ? run.id : JSON.stringify({ ...run.config, seed: 0, data_seed: null }));
    shapes.set(label, known);
  }
  return runs.map((run) => {
    const label = methodLabel(run.config, variants);
    return {
      id: run.id,
      label: run.name,
      group: (shapes.get(label)?.size ?? 1) > 1 ? run.name : label,
      coto: run.config.coto !== null,
      variant: run.config.adapter.variant,
      totalSteps: run.facts?.totalSteps ?? run.step,
      examplesPerStep: run.config.per_device_train_batch_size * run.config.gradient_accumulation_steps,
      curves: histories.get(run.id)?.curves ?? noCurves,
    };
  });
}
