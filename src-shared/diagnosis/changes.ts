import type { DiagnosedFinding } from '../domain/runs/diagnosis.ts';
import { type RunConfig, runConfigSchema } from '../domain/runs/run.ts';

/** Settings that carry out the advice of a finding. */
export type Changes = NonNullable<DiagnosedFinding['changes']>;

/** The run that carries out the advice of a finding. */
export function withChanges(config: RunConfig, changes: Changes): RunConfig {
  return runConfigSchema.parse({ ...config, ...changes });
}

/** The changed settings as a run's YAML has them, e.g. "learning_rate: 0.0001, max_grad_norm: 1". */
export function settingsText(changes: Changes): string {
  return Object.entries(changes)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(', ');
}
