import { z } from 'zod';
import { accuracy } from '../metrics/accuracy.ts';
import { hasAnswerChoices } from './causal-lm.ts';
import { defineTask, isLanguageModel, promptSettings, tokenLossSettings } from './task.ts';

/** Classification by a language model, which scores every answer. */
export const multipleChoice = defineTask({
  id: 'multiple-choice',
  label: 'Multiple choice',
  summary:
    'A language model learns to generate the label of a text; it answers with the label of the highest log-likelihood.',
  reads: 'texts',
  settings: {
    length_normalized: z.boolean().default(true).meta({
      title: 'Length-normalized scores',
      description:
        'Multiple choice: divides an answer’s log-likelihood by its number of characters (lm-eval’s acc_norm). If off, the sums are compared (acc), which favors short answers.',
      advanced: true,
      group: 'Task',
    }),
  },
  uses: [...promptSettings, ...tokenLossSettings],
  isDefaultFor: (model, columns) =>
    isLanguageModel(model) && (columns.rejected ?? columns.desirable) === null && hasAnswerChoices(columns),
  bestBy: [accuracy.id],
  autoClass: 'AutoModelForCausalLM',
  playground: 'prompt',
});
