import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import { accuracy } from '../../../src-shared/metrics/accuracy.ts';
import { pearson } from '../../../src-shared/metrics/correlation.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import type { TaskType } from './task-type.ts';

/**
 * The metric that a task is known by on these data: the one that chooses its best checkpoint, unless that is the loss; of a
 * language model the accuracy of tokens, of numbers to predict Pearson's correlation.
 */
export function resolvePrimaryMetric(
  task: Pick<TaskType, 'declaration' | 'metrics'>,
  dataset: DatasetDescription,
  settings: TaskSettings,
): string {
  const known = task.metrics(dataset, settings);
  const wanted = task.declaration.bestBy.filter((id) => id !== loss.id);
  return [...wanted, accuracy.id, pearson.id].find((id) => known.includes(id)) ?? loss.id;
}
