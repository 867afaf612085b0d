import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { ParameterSpec } from '../../../src-shared/domain/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameter-text.ts';
import { defaultTask, type TaskId, taskIds, taskSettingsSchema } from '../../../src-shared/domain/task.ts';
import { classTemplateSettings } from '../../../src-shared/tasks/class-templates.ts';
import { embeddingSettings } from '../../../src-shared/tasks/embedding.ts';
import { preferenceSettings } from '../../../src-shared/tasks/preference.ts';
import { qaSettings } from '../../../src-shared/tasks/qa.ts';
import type { Draft } from './draft.ts';

const onlyOf: Readonly<Record<string, readonly TaskId[]>> = {
  prompt_template: ['causal-lm', 'multiple-choice', 'preference'],
  chat_template: ['causal-lm', 'multiple-choice', 'preference'],
  completion_only_loss: ['causal-lm'],
  packing: ['causal-lm'],
  neat_packing: ['causal-lm'],
  sample_prompts: ['causal-lm', 'preference'],
  sample_tokens: ['causal-lm', 'preference'],
  length_normalized: ['multiple-choice'],
  max_length: taskIds.filter((task) => task !== 'qa' && task !== 'image-classification'),
  group_by_length: taskIds.filter((task) => task !== 'image-classification'),
  ...Object.fromEntries(Object.keys(classTemplateSettings).map((name) => [name, ['image-classification']])),
  ...Object.fromEntries(Object.keys(qaSettings).map((name) => [name, ['qa']])),
  ...Object.fromEntries(Object.keys(embeddingSettings).map((name) => [name, ['embedding']])),
  ...Object.fromEntries(Object.keys(preferenceSettings).map((name) => [name, ['preference']])),
};

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
    if (name === 'prompt_template' && dataset?.text?.columns.messages != null) return true;
    const tasks = onlyOf[name];
    return tasks !== undefined && task !== null && !tasks.includes(task);
  };
  return specs.filter(
    (spec) =>
      !isOfNoUse(spec) ||
      (draft[spec.name] !== undefined && textOfValue(draft[spec.name]) !== textOfValue(spec.default)),
  );
}
