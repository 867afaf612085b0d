import { z } from 'zod';
import { answerOutputs } from '../domain/models/model.ts';
import { answerF1 } from '../metrics/answers.ts';
import { defineTask, isLanguageModel } from './task.ts';

/** Settings of extractive question answering; keys of a run, named and with defaults as in Transformers' run_qa.py. */
export const qaSettings = {
  max_seq_length: z.number().int().min(4).max(1_048_576).default(384).meta({
    title: 'Max sequence length',
    description:
      'Question answering: tokens of a question with a stretch of its text, and never more than the model’s context. A longer text is read in several windows.',
    unit: 'tokens',
    group: 'Task',
  }),
  doc_stride: z.number().int().min(0).max(1_048_576).default(128).meta({
    title: 'Document stride',
    description:
      'Tokens of the text that a window shares with the next; at most three quarters of those that fit into one.',
    unit: 'tokens',
    advanced: true,
    group: 'Task',
  }),
  n_best_size: z.number().int().min(1).max(1000).default(20).meta({
    title: 'Candidates',
    description: 'Starts and ends of each window among which the best answer is looked for.',
    advanced: true,
    group: 'Task',
  }),
  max_answer_length: z.number().int().min(1).max(100_000).default(30).meta({
    title: 'Max answer length',
    description: 'Longer stretches of the text are no answers.',
    unit: 'tokens',
    advanced: true,
    group: 'Task',
  }),
  null_score_diff_threshold: z.number().default(0).meta({
    title: 'Threshold of no answer',
    description:
      'Where some test questions have no answer: none is given if its score is more than this above that of the best one. Lower gives fewer answers.',
    advanced: true,
    group: 'Task',
  }),
};

/** Extractive question answering with a head on an encoder. */
export const questionAnswering = defineTask({
  id: 'qa',
  label: 'Question answering',
  summary: 'Finds the answer to a question in a text, or that it has none (SQuAD), with a head on an encoder.',
  reads: 'texts',
  settings: qaSettings,
  uses: ['group_by_length'],
  isDefaultFor: (model, { answers }) => !isLanguageModel(model) && answers !== null,
  bestBy: [answerF1.id],
  taskType: 'QUESTION_ANS',
  headLabels: () => answerOutputs,
  averagesOutputs: true,
  readsInWindows: true,
});
