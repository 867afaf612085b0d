import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription, TextColumns } from '../../../src-shared/domain/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { defaultTask, type TaskId } from '../../../src-shared/domain/task.ts';
import { causalLanguageModelling } from './causal-lm.ts';
import { imageClassification } from './image-classification.ts';
import { multipleChoice } from './multiple-choice.ts';
import type { TaskType } from './task-type.ts';
import { textClassification } from './text-classification.ts';

/** Every task, in the order in which they are offered. */
export const taskTypes: readonly TaskType[] = [
  imageClassification,
  textClassification,
  causalLanguageModelling,
  multipleChoice,
];

const byId = new Map(taskTypes.map((task) => [task.declaration.id, task]));

/** What a task is chosen by: images (`columns` is null), or which columns of texts there are. */
interface Chosen {
  readonly task: 'auto' | TaskId;
  readonly model: Pick<ModelDescription, 'kind' | 'image'>;
  readonly columns: TextColumns | null;
}

/** The task of that id; `auto` takes what fits the model and the data. */
export function resolveTask({ task, model, columns }: Chosen): TaskType {
  const id = task === 'auto' ? defaultTask(model, columns) : task;
  const found = byId.get(id);
  if (found === undefined) throw new StudioError('not_found', `There is no task ${id}.`);
  return found;
}

/** @throws StudioError refused where the model cannot learn this from these data. */
export function requireTask(task: 'auto' | TaskId, model: ModelDescription, dataset: DatasetDescription): TaskType {
  const found = resolveTask({ task, model, columns: dataset.text?.columns ?? null });
  refuseOtherKind(found, model, dataset.text === null ? 'images' : 'texts');
  const misfit = found.misfit(model, dataset);
  if (misfit !== null) throw new StudioError('refused', misfit.message, misfit.hint);
  return found;
}

/** @throws StudioError refused where the task reads something else than the model or the dataset is of. */
export function refuseOtherKind(
  { declaration, reads }: TaskType,
  model: Pick<ModelDescription, 'kind' | 'image' | 'text'>,
  holds: TaskType['reads'],
): void {
  const modelReads = model.image !== null ? 'images' : 'texts';
  if (modelReads !== holds)
    throw new StudioError(
      'refused',
      `This model reads ${modelReads} (${model.kind}), but the dataset holds ${holds}.`,
      holds === 'images'
        ? 'Choose an image model, e.g. quickdraw-vit, or a dataset of texts.'
        : 'Choose a model that reads text, or a dataset of images, e.g. mnist.',
    );
  if (reads !== holds)
    throw new StudioError(
      'refused',
      `${declaration.label} learns from ${reads}, but the dataset holds ${holds}.`,
      'Set task to auto.',
    );
}
