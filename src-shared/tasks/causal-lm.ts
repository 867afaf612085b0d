import { z } from 'zod';
import type { TextColumns } from '../domain/data/dataset.ts';
import { loss } from '../metrics/loss.ts';
import { defineTask, isLanguageModel, promptSettings, tokenLossSettings } from './task.ts';

/** Language modeling on completions, conversations or plain text. */
export const causalLanguageModeling = defineTask({
  id: 'causal-lm',
  label: 'Writing text',
  summary: 'Generates text: continues a prompt, answers in a conversation, or continues plain text.',
  reads: 'texts',
  settings: {
    completion_only_loss: z.boolean().default(true).meta({
      title: 'Completion-only loss',
      description:
        'Counts only the completion in the loss, not the prompt. In conversations, only the assistant’s turns count.',
      advanced: true,
      group: 'Task',
    }),
    packing: z.boolean().default(false).meta({
      title: 'Packing',
      description:
        'Puts several short examples into a row of max_length tokens in training. A token attends to earlier examples of its row, unless neat_packing separates them.',
      advanced: true,
      group: 'Task',
    }),
    packing_strategy: z
      .enum(['in_order', 'bfd'])
      .default('in_order')
      .meta({
        title: 'Packing strategy',
        description:
          'With packing: how examples are put into rows. in_order fills row after row with the examples as they come. bfd (best fit decreasing, as in TRL) takes the longest first and puts each into the row with the least room that fits, so that there are fewer rows.',
        labels: { in_order: 'In order', bfd: 'Best fit decreasing' },
        advanced: true,
        group: 'Task',
      }),
    neat_packing: z.boolean().default(false).meta({
      title: 'Neat packing',
      description:
        'With packing: a token attends only to its own example, and positions start at 0 in each example. A packed row then has the same loss as its examples one by one.',
      advanced: true,
      group: 'Task',
    }),
  },
  uses: [...promptSettings, ...tokenLossSettings, 'sample_prompts', 'sample_tokens'],
  isDefaultFor: (model, columns) =>
    isLanguageModel(model) && (columns.rejected ?? columns.desirable) === null && !hasAnswerChoices(columns),
  bestBy: [loss.id],
  autoClass: 'AutoModelForCausalLM',
  playground: 'prompt',
});

/** Returns true if each row has a text with one of several answers: a list of choices, or a class. */
export function hasAnswerChoices({ choices, label, text }: TextColumns): boolean {
  return choices !== null || (label !== null && text !== null);
}
