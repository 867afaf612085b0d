import { areConversations, type DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterSpec } from '../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { augmentationKey } from '../../../src-shared/domain/runs/augmentation.ts';
import { defaultTask, type TaskId, taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { tasks } from '../../../src-shared/tasks/index.ts';
import type { Draft } from './draft.ts';

/** Ids of the tasks that use a setting; a setting that no task names is used by all of them. */
const tasksBySetting = new Map<string, Set<TaskId>>();
for (const { id, settings, uses } of tasks)
  for (const name of [...Object.keys(settings), ...uses])
    tasksBySetting.set(name, (tasksBySetting.get(name) ?? new Set()).add(id));

/** The task that the form's run would learn; null where base or data are not known. */
export function taskOf(
  draft: Draft,
  model: ModelDescription | undefined,
  dataset: DatasetDescription | undefined,
): TaskId | null {
  const chosen = taskSettingsSchema.shape.task.safeParse(draft['task']).data;
  if (chosen !== undefined && chosen !== 'auto') return chosen;
  return model && dataset ? defaultTask(model, dataset.text?.columns ?? null) : null;
}

/**
 * Returns the settings that have an effect for this task and dataset. Changed settings stay visible, so that none acts
 * unseen.
 */
export function fieldsInUse(
  specs: readonly ParameterSpec[],
  draft: Draft,
  task: TaskId | null,
  dataset: DatasetDescription | undefined,
): ParameterSpec[] {
  const isOfNoUse = ({ name }: ParameterSpec): boolean => {
    if (name === 'train_samples_per_class')
      return (
        dataset !== undefined &&
        (dataset.labels.length === 0 || ['sets', 'tags'].includes(dataset.text?.labelKind ?? ''))
      );
    if (name === 'prompt_template' && dataset?.text && areConversations(dataset.text)) return true;
    if (name.startsWith(`${augmentationKey}.`)) return dataset !== undefined && dataset.image === null;
    return task !== null && tasksBySetting.get(name)?.has(task) === false;
  };
  return specs.filter(
    (spec) =>
      !isOfNoUse(spec) ||
      (draft[spec.name] !== undefined && textOfValue(draft[spec.name]) !== textOfValue(spec.default)),
  );
}
