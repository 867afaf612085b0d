import { rankText } from '../../../src-shared/domain/parameter-values.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/run.ts';

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
