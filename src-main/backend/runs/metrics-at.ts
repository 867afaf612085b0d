import type { Store } from '../../store/open-store.ts';

/** The further metrics of a run's evaluation at a step, by id; none where there was no evaluation. */
export function metricsAt({ history }: Store, runId: string, step: number): Record<string, number> {
  const prefix = 'eval_';
  return Object.fromEntries(
    history.metricNames(runId).flatMap((name) => {
      if (!name.startsWith(prefix) || name === 'eval_loss' || name === 'eval_accuracy') return [];
      const [value] = history.curve(runId, name, { from: step, to: step, buckets: 1 }).mean;
      return value === undefined ? [] : [[name.slice(prefix.length), value] as const];
    }),
  );
}
