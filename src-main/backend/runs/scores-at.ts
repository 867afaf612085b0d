import { evaluatedMetric, type RecordedScores, recordedScores } from '../../../src-shared/metrics/recorded.ts';
import type { Store } from '../../store/open-store.ts';

/** The scores of a run's evaluation at a step; none where there was no evaluation. */
export function scoresAt({ history }: Store, runId: string, step: number): RecordedScores {
  const names = history.metricNames(runId).filter((name) => evaluatedMetric(name) !== null);
  return recordedScores(
    names.map((name) => [name, history.curve(runId, name, { from: step, to: step, buckets: 1 }).mean[0]] as const),
  );
}
