import { z } from 'zod';
import { filterStepSchema } from './filter-step.ts';
import { functionReferenceSchema } from './function-reference.ts';
import { aggregationIds } from './metrics/aggregations.ts';

/** Prompt and continuations for one document of a task. */
const questionSchema = z.object({
  context: z.string(),
  /** A context for each continuation, where the choices are in the inputs; the context is empty then. */
  contexts: z.array(z.string()).optional(),
  /** Texts whose likelihood after the context is asked; empty where a text is generated. */
  continuations: z.array(z.string()),
  /** The choices without the delimiter before them, by whose lengths likelihoods are normalized. */
  choices: z.array(z.string()),
  /** Indices of right choices, or right texts; one, unless the task has several right answers. */
  right: z.array(z.union([z.number().int(), z.string()])),
  /** The text whose words and bytes a perplexity is divided by; absent: the text that is scored. */
  counted: z.string().optional(),
  /** The row's choices, where a filter looks for them in a generated text. */
  options: z.array(z.string()).optional(),
  /** The row, where the task's own function scores the answer to it. */
  row: z.record(z.string(), z.unknown()).optional(),
});
export type Question = z.infer<typeof questionSchema>;

const metricUseSchema = z.object({
  name: z.string(),
  aggregation: z.enum(aggregationIds),
  higherIsBetter: z.boolean(),
  ignoreCase: z.boolean(),
  ignorePunctuation: z.boolean(),
  ignoreNumbers: z.boolean(),
  regexesToIgnore: z.array(z.string()),
});
export type MetricUse = z.infer<typeof metricUseSchema>;

/** A task with its files read and its templates rendered: what the engine needs to run it on a model. */
export const preparedTaskSchema = z.object({
  name: z.string(),
  file: z.string(),
  outputType: z.enum(['multiple_choice', 'loglikelihood', 'loglikelihood_rolling', 'generate_until']),
  version: z.number().nullable(),
  shots: z.number().int(),
  total: z.number().int(),
  config: z.record(z.string(), z.unknown()),
  metrics: z.array(metricUseSchema),
  /** Function that scores the answers (process_results), if the task has one. */
  scorer: functionReferenceSchema.optional(),
  filters: z.array(z.object({ name: z.string(), filter: z.array(filterStepSchema) })),
  generation: z.object({ until: z.array(z.string()), max_gen_toks: z.number().int(), temperature: z.number() }),
  questions: z.array(questionSchema),
});
export type PreparedTask = z.infer<typeof preparedTaskSchema>;
