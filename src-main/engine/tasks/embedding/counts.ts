import type { TextColumns } from '../../../../src-shared/domain/dataset.ts';
import type { ModelDescription } from '../../../../src-shared/domain/model.ts';
import { defaultTask, type TaskSettings } from '../../../../src-shared/domain/task.ts';
import { namesIn } from '../../data/text/several-labels.ts';

/** How many rows of tokens an example has in a batch: its texts; 1 of other tasks. */
export function textsOfExample(
  { task }: Pick<TaskSettings, 'task'>,
  model: Pick<ModelDescription, 'kind' | 'image'>,
  columns: TextColumns | undefined,
): number {
  if (columns === undefined) return 1;
  const learned = task === 'auto' ? defaultTask(model, columns) : task;
  if (learned !== 'embedding') return 1;
  const negatives = columns.anchor === null || columns.negative === null ? 0 : namesIn(columns.negative).length;
  return 2 + negatives;
}
