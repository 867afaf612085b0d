import { z } from 'zod';
import { type TaskId, tasks } from '../../tasks/index.ts';
import type { TaskModel } from '../../tasks/task.ts';
import type { TextColumns } from '../data/dataset.ts';

export type { TaskId };

const taskIds = tasks.map(({ id }) => id);

/** Merges shapes of settings into one with the keys of all of them. */
type Merged<Shapes> = (Shapes extends unknown ? (shape: Shapes) => void : never) extends (shape: infer All) => void
  ? All
  : never;

/** Settings that only one task uses, of all tasks. */
const ownSettings: Merged<(typeof tasks)[number]['settings']> = Object.assign(
  {},
  ...tasks.map(({ settings }) => settings),
);

/** Task settings, and how examples are presented to the model; keys of a run, named as in Transformers and TRL. */
export const taskSettingsSchema = z.object({
  task: z
    .enum(['auto', ...taskIds])
    .default('auto')
    .meta({
      title: 'Task',
      description:
        'Task that the model learns. auto selects by the model and the columns of the data. An encoder classifies texts, or learns tags, answers or embeddings if the rows have them. A language model learns preferences or multiple choice if the rows have them, else to generate text. A model with encoder and decoder learns text to text.',
      group: 'Task',
    }),
  max_length: z.number().int().min(4).max(1_048_576).default(512).meta({
    title: 'Max length',
    description: 'Longer examples are truncated to this many tokens, and never more than the model’s context.',
    unit: 'tokens',
    group: 'Task',
  }),
  prompt_template: z.string().default('{prompt}\n').meta({
    title: 'Prompt template',
    description:
      'Prompt before the completion. {prompt}, {text} and {text_pair} are filled in. A chat model’s own template is then applied to the prompt.',
    multiline: true,
    advanced: true,
    group: 'Task',
  }),
  chat_template: z
    .string()
    .min(1)
    .max(2 ** 20)
    .default('auto')
    .meta({
      title: 'Chat template',
      description:
        'Template for prompts and conversations. auto uses the model’s own template if it has one, else plain text. none uses plain text. model requires the model’s own template. Alternatives are the id of a published template (chatml, llama-3, mistral, gemma, zephyr, alpaca) or Jinja. Prompt the adapter in the same way.',
      multiline: true,
      group: 'Task',
    }),
  ...ownSettings,
});
export type TaskSettings = z.infer<typeof taskSettingsSchema>;

/** Returns true if a `chat_template` is the text of a template rather than a name. */
export function isTemplateText(chosen: string): boolean {
  return /\{[{%#]/.test(chosen);
}

/** Resolves `auto` to the task that fits the model and the data; `columns` is null for image data. */
export function defaultTask(model: TaskModel, columns: TextColumns | null): TaskId {
  const found =
    columns === null || model.image !== null
      ? tasks.find(({ reads }) => reads === 'images')
      : tasks.find(({ reads, isDefaultFor }) => reads === 'texts' && isDefaultFor(model, columns));
  if (found === undefined) throw new RangeError(`No task is the default of a ${model.kind} model.`);
  return found.id;
}

/** Picks the task settings from a larger object, e.g. a run. */
export function taskSettingsOf(settings: TaskSettings): TaskSettings {
  return taskSettingsSchema.parse(settings);
}
