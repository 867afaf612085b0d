import { z } from 'zod';
import { loss } from '../metrics/loss.ts';
import { defineTask, tokenLossSettings } from './task.ts';

/** Settings of text-to-text training; keys of a run, named and with defaults as in Transformers' run_summarization.py. */
const ownSettings = {
  max_target_length: z.number().int().min(2).max(1_048_576).default(128).meta({
    title: 'Max target length',
    description: 'Longer texts to write are truncated to this many tokens, their end token included.',
    unit: 'tokens',
    group: 'Task',
  }),
};

/** Text to text: a model with an encoder and a decoder reads the prompt and writes the completion. */
export const textToText = defineTask({
  id: 'seq2seq',
  label: 'Text to text',
  summary: 'Writes the completion of a prompt that an encoder reads, e.g. a summary or a translation, with a T5.',
  reads: 'texts',
  settings: ownSettings,
  uses: ['max_length', 'prompt_template', 'group_by_length', ...tokenLossSettings, 'sample_prompts', 'sample_tokens'],
  isDefaultFor: ({ kind }) => kind === 'seq2seq-lm',
  bestBy: [loss.id],
  autoClass: 'AutoModelForSeq2SeqLM',
  playground: 'prompt',
});
