import { z } from 'zod';
import type { TextColumns } from './dataset.ts';
import type { ModelDescription } from './model.ts';

/** What a model can learn to do. */
export const taskIds = ['image-classification', 'text-classification', 'causal-lm', 'multiple-choice'] as const;
export type TaskId = (typeof taskIds)[number];

/** What is asked of the model, and how it is shown its texts; keys of a run, named as in Transformers and TRL. */
export const taskSettingsSchema = z.object({
  task: z
    .enum(['auto', ...taskIds])
    .default('auto')
    .describe('auto: what fits the model and the data'),
  max_length: z
    .number()
    .int()
    .min(4)
    .max(1_048_576)
    .default(512)
    .describe('tokens of an example at most, never more than the model has places for'),
  prompt_template: z
    .string()
    .default('{prompt}\n')
    .describe(
      "what stands before the completion: {prompt}, {text}, {text_pair}; a chat model's template goes around it",
    ),
  chat_template: z
    .enum(['auto', 'none'])
    .default('auto')
    .describe("auto: prompts become a user's message where the model has a chat template"),
  completion_only_loss: z
    .boolean()
    .default(true)
    .describe('only what is to be written counts, not the prompt; of conversations the turns of the assistant'),
  packing: z.boolean().default(false).describe('several short examples share a row of max_length tokens in training'),
  length_normalized: z
    .boolean()
    .default(true)
    .describe('of multiple choice: the mean log-likelihood a token decides, else the sum'),
});
export type TaskSettings = z.infer<typeof taskSettingsSchema>;

/** What `auto` comes to: what fits the model and the data, which are images where `columns` is null. */
export function defaultTask(
  { kind, image }: Pick<ModelDescription, 'kind' | 'image'>,
  columns: TextColumns | null,
): TaskId {
  if (columns === null || image !== null) return 'image-classification';
  if (kind !== 'causal-lm') return 'text-classification';
  const isChosen = columns.choices !== null || (columns.label !== null && columns.text !== null);
  return isChosen ? 'multiple-choice' : 'causal-lm';
}

/** The settings of a task out of a larger object that has them, e.g. a run. */
export function taskSettingsOf(settings: TaskSettings): TaskSettings {
  const { task, max_length, prompt_template, chat_template, completion_only_loss, packing, length_normalized } =
    settings;
  return { task, max_length, prompt_template, chat_template, completion_only_loss, packing, length_normalized };
}
