import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TaskScore } from '../evaluation/task-outputs.ts';

/** Accuracy in [0, 1] and the mean loss. */
export interface Score {
  readonly accuracy: number;
  readonly loss: number;
}

/** @throws StudioError refused where the task has no accuracy to study. */
export function studyScore({ accuracy, loss }: TaskScore): Score {
  if (accuracy !== null) return { accuracy, loss };
  throw new StudioError(
    'refused',
    'A study follows the accuracy, and a task that predicts values has none.',
    'Choose a dataset with classes or texts.',
  );
}
