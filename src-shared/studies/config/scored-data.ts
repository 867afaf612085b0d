import { z } from 'zod';

/** The examples that a study scores its adapters on, as keys of its config: of a dataset the first `eval_samples`, 0 for all. */
export const scoredDataShape = {
  dataset: z.string(),
  eval_samples: z.number().int().min(0).default(0),
};
