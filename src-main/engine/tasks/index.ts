import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription, TextColumns } from '../../../src-shared/domain/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { defaultTask, type TaskId } from '../../../src-shared/domain/task.ts';
import { causalLanguageModelling } from './causal-lm/index.ts';
import { embeddings } from './embedding/index.ts';
import { imageClassification } from './image-classification/index.ts';
import { multipleChoice } from './multiple-choice/index.ts';
import { preferenceTraining } from './preference/index.ts';
import { extractiveQuestionAnswering } from './qa/index.ts';
import type { TaskType } from './task-type.ts';
import { textClassification } from './text-classification/index.ts';
import { tokenClassification } from './token-classification/index.ts';

/** All tasks, in display order. */
export const taskTypes: readonly TaskType[] = [
  imageClassification,
  textClassification,
  tokenClassification,
  extractiveQuestionAnswering,
  embeddings,
  causalLanguageModelling,
  multipleChoice,
  preferenceTraining,
];

const byId = new Map(taskTypes.map((task) => [task.declaration.id, task]));

/** Properties of the data that select a task: images (`columns` is null), or the columns of text. */
interface Chosen {
  readonly task: 'auto' | TaskId;
  readonly model: Pick<ModelDescription, 'kind' | 'image'>;
  readonly columns: TextColumns | null;
}

/** The task of that id; `auto` selects the one that fits the model and the data. */
export function resolveTask({ task, model, columns }: Chosen): TaskType {
  const id = task === 'auto' ? defaultTask(model, columns) : task;
  const found = byId.get(id);
  if (found === undefined) throw new StudioError('not_found', `There is no task ${id}.`);
  return found;
}

/** @throws StudioError refused if the model cannot learn this task from these data. */
export function requireTask(task: 'auto' | TaskId, model: ModelDescription, dataset: DatasetDescription): TaskType {
  const found = resolveTask({ task, model, columns: dataset.text?.columns ?? null });
  refuseOtherKind(found, model, dataset.text === null ? 'images' : 'texts');
  const misfit = found.misfit(model, dataset);
  if (misfit !== null) throw new StudioError('refused', misfit.message, misfit.hint);
  return found;
}

/** @throws StudioError refused if task, model and dataset differ in their kind of input. */
export function refuseOtherKind(
  { declaration, reads }: TaskType,
  model: Pick<ModelDescription, 'kind' | 'image' | 'text'>,
  holds: TaskType['reads'],
): void {
  const modelReads = model.image !== null ? 'images' : 'texts';
  if (modelReads !== holds)
    throw new StudioError(
      'refused',
      `This model reads ${modelReads} (${model.kind}), but the dataset contains ${holds}.`,
      holds === 'images'
        ? 'Choose an image model, e.g. quickdraw-vit, or a text dataset.'
        : 'Choose a model that reads text, or an image dataset, e.g. mnist.',
    );
  if (reads !== holds)
    throw new StudioError(
      'refused',
      `${declaration.label} learns from ${reads}, but the dataset contains ${holds}.`,
      'Set task to auto.',
    );
}
