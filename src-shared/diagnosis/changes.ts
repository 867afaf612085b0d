import type { DiagnosedFinding } from '../domain/runs/diagnosis.ts';
import { type RunConfig, runConfigSchema } from '../domain/runs/run.ts';

/** Settings that carry out the advice of a finding. */
export type Changes = NonNullable<DiagnosedFinding['changes']>;

const ofAdapter = 'adapter.';

/** The run that carries out the advice of a finding. */
export function withChanges(config: RunConfig, changes: Changes): RunConfig {
  const all = Object.entries(changes);
  const own = all.filter(([key]) => !key.startsWith(ofAdapter));
  const adapter = all.flatMap(([key, value]) =>
    key.startsWith(ofAdapter) ? [[key.slice(ofAdapter.length), value]] : [],
  );
  return runConfigSchema.parse({
    ...config,
    ...Object.fromEntries(own),
    adapter: { ...config.adapter, ...Object.fromEntries(adapter) },
  });
}

/** The changed settings as a run's YAML has them, e.g. "learning_rate: 0.0001, max_grad_norm: 1". */
export function settingsText(changes: Changes): string {
  return Object.entries(changes)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(', ');
}
