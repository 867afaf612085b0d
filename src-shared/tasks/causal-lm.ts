import { z } from 'zod';
import type { TextColumns } from '../domain/data/dataset.ts';
import { loss } from '../metrics/loss.ts';
import { defineTask, isLanguageModel, promptSettings } from './task.ts';

/** Language modeling on completions, conversations or plain text. */
export const causalLanguageModeling = defineTask({
  id: 'causal-lm',
  label: 'Writing text',
  summary: 'Generates text: continues a prompt, answers in a conversation, or continues plain text.',
  reads: 'texts',
  settings: {
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
  },
  uses: [...promptSettings, 'sample_prompts', 'sample_tokens'],
  isDefaultFor: (model, columns) =>
    isLanguageModel(model) && (columns.rejected ?? columns.desirable) === null && !hasAnswerChoices(columns),
  bestBy: [loss.id],
  averagesOutputs: false,
});

/** Returns true if each row has a text with one of several answers: a list of choices, or a class. */
export function hasAnswerChoices({ choices, label, text }: TextColumns): boolean {
  return choices !== null || (label !== null && text !== null);
}
