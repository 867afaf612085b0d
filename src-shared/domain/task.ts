import { z } from 'zod';
import { classTemplateSettings } from '../tasks/class-templates.ts';
import { embeddingSettings } from '../tasks/embedding.ts';
import { preferenceSettings } from '../tasks/preference.ts';
import { qaSettings } from '../tasks/qa.ts';
import type { TextColumns } from './dataset.ts';
import type { ModelDescription } from './model.ts';

/** Tasks that a model can be trained for. */
export const taskIds = [
  'image-classification',
  'text-classification',
  'token-classification',
  'qa',
  'embedding',
  'causal-lm',
  'multiple-choice',
  'preference',
] as const;
export type TaskId = (typeof taskIds)[number];

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
  completion_only_loss: z.boolean().default(true).meta({
    title: 'Completion-only loss',
    description: 'Only the completion counts in the loss, not the prompt; in conversations, the assistant’s turns.',
    advanced: true,
    group: 'Task',
  }),
  packing: z.boolean().default(false).meta({
    title: 'Packing',
    description:
      'Short examples share a row of max_length tokens in training. A token attends to the examples before its own, unless neat_packing keeps them apart.',
    advanced: true,
    group: 'Task',
  }),
  neat_packing: z.boolean().default(false).meta({
    title: 'Neat packing',
    description:
      'With packing: a token attends to its own example alone, and positions start at 0 with each, so that a packed row gives the loss of its examples one by one.',
    advanced: true,
    group: 'Task',
  }),
  length_normalized: z.boolean().default(true).meta({
    title: 'Length-normalized scores',
    description:
      'Multiple choice: an answer’s log-likelihood is divided by its number of characters (lm-eval’s acc_norm). Off: the sum is compared (acc), which favors short answers.',
    advanced: true,
    group: 'Task',
  }),
  ...classTemplateSettings,
  ...preferenceSettings,
  ...qaSettings,
  ...embeddingSettings,
});
export type TaskSettings = z.infer<typeof taskSettingsSchema>;

/** Returns true if a `chat_template` is the text of a template rather than a name. */
export function isTemplateText(chosen: string): boolean {
  return /\{[{%#]/.test(chosen);
}

/** Resolves `auto` to the task that fits the model and the data; `columns` is null for image data. */
export function defaultTask(
  { kind, image }: Pick<ModelDescription, 'kind' | 'image'>,
  columns: TextColumns | null,
): TaskId {
  if (columns === null || image !== null) return 'image-classification';
  if (kind !== 'causal-lm' && columns.answers !== null) return 'qa';
  // A language model writes the answers to queries.
  if (columns.anchor !== null && (kind !== 'causal-lm' || columns.completion === null)) return 'embedding';
  if (kind !== 'causal-lm') return columns.words === null ? 'text-classification' : 'token-classification';
  if (columns.rejected !== null || columns.desirable !== null) return 'preference';
  const isChosen = columns.choices !== null || (columns.label !== null && columns.text !== null);
  return isChosen ? 'multiple-choice' : 'causal-lm';
}

/** Picks the task settings from a larger object, e.g. a run. */
export function taskSettingsOf(settings: TaskSettings): TaskSettings {
  return taskSettingsSchema.parse(settings);
}
