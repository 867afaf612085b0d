import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription, TextColumns } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { defaultTask, type TaskId, type TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import { tasks } from '../../../src-shared/tasks/index.ts';
import type { TaskDeclaration } from '../../../src-shared/tasks/task.ts';
import * as all from './all.ts';
import type { ExampleCounts, TaskType } from './task-type.ts';

const byId = new Map(Object.values(all).map((task) => [task.declaration.id, task]));

/** All tasks, in the order of their declarations. */
export const taskTypes: readonly TaskType[] = tasks.map(({ id }) => taskType(id));

function taskType(id: TaskId): TaskType {
  const found = byId.get(id);
  if (found === undefined) throw new StudioError('not_found', `There is no task ${id}.`);
  return found;
}

/** Properties of the data that select a task: images (`columns` is null), or the columns of text. */
interface Chosen {
  readonly task: 'auto' | TaskId;
  readonly model: Pick<ModelDescription, 'kind' | 'image'>;
  readonly columns: TextColumns | null;
}

/** The task of that id; `auto` selects the one that fits the model and the data. */
export function resolveTask({ task, model, columns }: Chosen): TaskType {
  return taskType(task === 'auto' ? defaultTask(model, columns) : task);
}

/** Counts of rows for the texts of the task that a run learns; images have one row each. */
export function exampleCounts(
  settings: TaskSettings,
  model: Chosen['model'],
  columns: TextColumns | null | undefined,
): ExampleCounts {
  const one = { rowsOfExample: 1, examplesOfRow: 1 };
  if (!columns) return one;
  return { ...one, ...resolveTask({ task: settings.task, model, columns }).counts?.(settings, columns) };
}

/** @throws StudioError refused if the model cannot learn this task from these data. */
export function requireTask(task: 'auto' | TaskId, model: ModelDescription, dataset: DatasetDescription): TaskType {
  const found = resolveTask({ task, model, columns: dataset.text?.columns ?? null });
  refuseOtherKind(found, model, dataset.text === null ? 'images' : 'texts');
  const misfit = found.misfit(model, dataset);
  if (misfit !== null) throw new StudioError('refused', misfit.message, misfit.hint).at(misfit.field);
  return found;
}

/** @throws StudioError refused if task, model and dataset differ in their kind of input. */
export function refuseOtherKind(
  { declaration: { label, reads } }: TaskType,
  model: Pick<ModelDescription, 'kind' | 'image' | 'text'>,
  holds: TaskDeclaration['reads'],
): void {
  const modelReads = model.image !== null ? 'images' : 'texts';
  if (modelReads !== holds)
    throw new StudioError(
      'refused',
      `This model reads ${modelReads} (${model.kind}), but the dataset contains ${holds}.`,
      holds === 'images'
        ? 'Choose an image model, e.g. quickdraw-vit, or a text dataset.'
        : 'Choose a model that reads text, or an image dataset, e.g. mnist.',
    ).at('dataset');
  if (reads !== holds)
    throw new StudioError(
      'refused',
      `${label} learns from ${reads}, but the dataset contains ${holds}.`,
      'Set task to auto.',
    ).at('task');
}
