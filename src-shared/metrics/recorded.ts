import { accuracy } from './accuracy.ts';
import { loss } from './loss.ts';

/** Prefix of the metrics of evaluations in a run's history, as Transformers names them. */
const evaluation = 'eval_';

/** Name of a metric of evaluations in a run's history. */
export function evaluationName(id: string): string {
  return `${evaluation}${id}`;
}

/** Id of the metric that a name of a run's history is of; null for what is no evaluation, as the training loss. */
export function evaluatedMetric(name: string): string | null {
  return name.startsWith(evaluation) ? name.slice(evaluation.length) : null;
}

/** Scores of an evaluation in a run's history. */
export interface RecordedScores {
  readonly accuracy: number | null;
  readonly loss: number | null;
  /** The other metrics, by id. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The scores among values by their names in a run's history. */
export function recordedScores(values: Iterable<readonly [name: string, value: number | undefined]>): RecordedScores {
  const byId = new Map<string, number>();
  for (const [name, value] of values) {
    const id = evaluatedMetric(name);
    if (id !== null && value !== undefined) byId.set(id, value);
  }
  const own = { accuracy: byId.get(accuracy.id) ?? null, loss: byId.get(loss.id) ?? null };
  byId.delete(accuracy.id);
  byId.delete(loss.id);
  return { ...own, metrics: Object.fromEntries(byId) };
}

/** Values of an evaluation by their names in a run's history. */
export function historyValues({ accuracy: share, loss: mean, metrics }: RecordedScores): Record<string, number> {
  const values = { [loss.id]: mean, [accuracy.id]: share, ...metrics };
  return Object.fromEntries(
    Object.entries(values).flatMap(([id, value]) => (value === null ? [] : [[evaluationName(id), value] as const])),
  );
}
