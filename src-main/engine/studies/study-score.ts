import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Score } from '../../../src-shared/domain/plan.ts';
import type { MeasuredScore, PointScore } from '../../../src-shared/studies/point-score.ts';

/** @throws StudioError refused if the task has no accuracy */
export function pointScore({ accuracy, loss }: Pick<Score, 'accuracy' | 'loss'>): PointScore {
  if (accuracy !== null) return { accuracy, loss };
  throw new StudioError(
    'refused',
    'This study needs an accuracy, which a regression task does not have.',
    'Choose a dataset with classes or text.',
  );
}

/** The same with what the subject costs the base. @throws StudioError refused if the task has no accuracy */
export function measuredScore(score: Pick<Score, 'accuracy' | 'loss' | 'forgetting'>): MeasuredScore {
  const { forgetting } = score;
  return { ...pointScore(score), ...(forgetting === undefined ? {} : { forgetting }) };
}

/** @throws StudioError refused listing the available metrics */
export function metricOf({ accuracy, loss, metrics }: Score, metric: string): number {
  const all: Readonly<Record<string, number>> = { ...metrics, ...(accuracy === null ? {} : { accuracy }), loss };
  const value = all[metric];
  if (value !== undefined) return value;
  throw new StudioError(
    'refused',
    `The task has no metric "${metric}".`,
    `Choose one of ${Object.keys(all).sort().join(', ')}; finished trainings and scores are kept.`,
  );
}
