import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Score } from '../../../src-shared/domain/plan.ts';
import type { PointScore } from '../../../src-shared/studies/point-score.ts';

/** @throws StudioError refused where the task has no accuracy to study. */
export function pointScore({ accuracy, loss }: Pick<Score, 'accuracy' | 'loss'>): PointScore {
  if (accuracy !== null) return { accuracy, loss };
  throw new StudioError(
    'refused',
    'This study follows the accuracy, and a task that predicts values has none.',
    'Choose a dataset with classes or texts.',
  );
}
