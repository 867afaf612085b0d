import { rankText } from '../../../src-shared/domain/parameters/parameter-values.ts';
import { latestResumable } from '../../../src-shared/domain/runs/interruption.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { runStrings } from '../../strings/run.ts';

const words = runStrings.resume;

/** "LoRA + CoTo": the variant's name in the catalog, and whether CoTo was on. */
export function methodLabel(config: RunConfig, variants: ReadonlyMap<string, string>): string {
  const variant = variants.get(config.adapter.variant) ?? config.adapter.variant;
  return config.coto ? `${variant} + CoTo` : variant;
}

/** "LoRA + CoTo, r 8" */
export function methodWithRank(config: RunConfig, variants: ReadonlyMap<string, string>): string {
  return [methodLabel(config, variants), rankText(config.adapter.parameters)].filter(Boolean).join(', ');
}

/** Errors of the machine: the same run may succeed when it is started again. */
const machineErrors: ReadonlySet<string> = new Set(['disk_full', 'device_lost', 'disconnected', 'out_of_memory']);

/**
 * Label of the way on with a run that has ended early; null if the same run cannot go on. A run without a checkpoint starts from
 * its first step.
 */
export function resumeLabel({ status, checkpoints, error, origin }: RunRecord): string | null {
  if (origin !== undefined) return null;
  if (status === 'paused') return words.plain;
  if (status !== 'interrupted' && status !== 'failed' && status !== 'stopped') return null;
  if (error?.code === 'inputs_changed') return words.anywayButton;
  const latest = latestResumable(checkpoints);
  if (latest !== null) return words.fromStep(latest.step);
  if (status === 'interrupted') return words.startAgain;
  return status === 'failed' && error !== null && machineErrors.has(error.code) ? words.tryAgain : null;
}

export function isActive(run: RunRecord): boolean {
  return run.status === 'queued' || run.status === 'running';
}
