import { z } from 'zod';
import { scoredTaskSchema } from '../../domain/studies/plan.ts';

/** The key of a config that names a task to score on. */
export const scoredTaskShape = {
  score: scoredTaskSchema
    .optional()
    .describe("a task in lm-eval's format: its questions are scored in place of the dataset's test examples"),
};

/** The examples that a study scores its adapters on, as keys of its config: of a dataset the first `eval_samples`, 0 for all. */
export const scoredDataShape = {
  dataset: z.string(),
  eval_samples: z.number().int().min(0).default(0),
  ...scoredTaskShape,
};
