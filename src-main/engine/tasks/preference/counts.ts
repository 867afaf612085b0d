import type { TextColumns } from '../../../../src-shared/domain/dataset.ts';
import type { TaskSettings } from '../../../../src-shared/domain/task.ts';
import { preferenceLoss } from './losses/index.ts';

/** How many rows of tokens an example has in a batch, and how many examples a row of the file makes; 1 of other tasks. */
export function preferenceCounts(
  { task, loss_type }: Pick<TaskSettings, 'task' | 'loss_type'>,
  columns: TextColumns | undefined,
): { readonly rowsOfExample: 1 | 2; readonly examplesOfRow: 1 | 2 } {
  const isPair = (task === 'auto' || task === 'preference') && columns !== undefined && columns.rejected !== null;
  if (!isPair) return { rowsOfExample: 1, examplesOfRow: 1 };
  return preferenceLoss(loss_type, 'pairs').of === 'pairs'
    ? { rowsOfExample: 2, examplesOfRow: 1 }
    : { rowsOfExample: 1, examplesOfRow: 2 };
}
