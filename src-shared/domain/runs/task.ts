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
        'What the model learns to do. auto takes what fits the model and the data: classification for an encoder (of words where they have tags, answers where rows are questions on a text, embeddings where they are anchors with positives), preferences or multiple choice for a language model on such rows, else text generation.',
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
      'The prompt before the completion: {prompt}, {text} and {text_pair} are filled in. A chat model’s own template is applied to it.',
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
        'How prompts and conversations are written. auto: by the model’s own template where it has one, else as plain text. none: as plain text. model: by the model’s own, which it must have. Or a published template by its id (chatml, llama-3, mistral, gemma, zephyr, alpaca), or Jinja. Prompt the adapter in the same way.',
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
