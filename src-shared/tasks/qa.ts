import { z } from 'zod';
import { answerOutputs, writesText } from '../domain/models/model.ts';
import { answerF1 } from '../metrics/answers.ts';
import { defineTask } from './task.ts';

/** Settings of extractive question answering; keys of a run, named and with defaults as in Transformers' run_qa.py. */
export const qaSettings = {
  max_seq_length: z.number().int().min(4).max(1_048_576).default(384).meta({
    title: 'Max sequence length',
    description:
      'Question answering: maximum tokens of a question with a part of its text, and never more than the model’s context. A longer text is read in several windows.',
    unit: 'tokens',
    group: 'Task',
  }),
  doc_stride: z.number().int().min(0).max(1_048_576).default(128).meta({
    title: 'Document stride',
    description:
      'Number of tokens that two adjacent windows share, at most three quarters of the tokens that fit into a window.',
    unit: 'tokens',
    advanced: true,
    group: 'Task',
  }),
  n_best_size: z.number().int().min(1).max(1000).default(20).meta({
    title: 'Candidates',
    description: 'Number of starts and ends per window among which the best answer is searched.',
    advanced: true,
    group: 'Task',
  }),
  max_answer_length: z.number().int().min(1).max(100_000).default(30).meta({
    title: 'Max answer length',
    description: 'Maximum length of an answer.',
    unit: 'tokens',
    advanced: true,
    group: 'Task',
  }),
  null_score_diff_threshold: z.number().default(0).meta({
    title: 'Threshold of no answer',
    description:
      'For data with unanswerable questions: no answer is given if its score exceeds the best answer’s by more than this. A lower value gives fewer answers.',
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
  uses: ['group_by_length', 'neftune_noise_alpha'],
  isDefaultFor: (model, { answers }) => !writesText(model) && answers !== null,
  bestBy: [answerF1.id],
  taskType: 'QUESTION_ANS',
  headLabels: () => answerOutputs,
  autoClass: 'AutoModelForQuestionAnswering',
  playground: null,
  readsInWindows: true,
});
