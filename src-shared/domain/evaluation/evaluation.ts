import { z } from 'zod';
import { once } from '../../once.ts';
import { adapterReferenceSchema } from '../adapters/adapter-reference.ts';
import { parametersOf } from '../parameters/parameters-of.ts';
import { forgettingSchema } from './forgetting.ts';

/** Limit on the test examples used of each dataset. */
export const evalSamplesSchema = z.number().int().min(0).default(0).meta({
  title: 'Eval examples',
  description: 'Number of test examples per dataset to evaluate on, from the start of the test split (0 = all).',
  unit: 'examples',
  step: 100,
});

export const evaluationRequestSchema = z.strictObject({
  model: z.string(),
  dataset: z.string(),
  eval_samples: evalSamplesSchema,
  /** Keys of `taskSettingsSchema` that differ from those of the run that made the first adapter. */
  settings: z.record(z.string(), z.unknown()).default({}),
  /** Empty: the base alone. Several: a weighted ensemble of their outputs. */
  adapters: z.array(z.strictObject({ adapter: adapterReferenceSchema, weight: z.number().default(1) })).default([]),
  against: adapterReferenceSchema
    .nullable()
    .default(null)
    .describe('another adapter to evaluate on the same examples, for McNemar’s test; null: none'),
  predictions: z
    .string()
    .nullable()
    .default(null)
    .describe('absolute path of a file to write the prediction of each example to; null: none is written'),
});
export type EvaluationRequest = z.infer<typeof evaluationRequestSchema>;
/** Settings of an evaluation. */
export const evaluationParameters = once(() => parametersOf(evaluationRequestSchema));

/** Test examples whose predicted class has a probability within one of the equal bins. */
const reliabilityBinSchema = z.object({
  examples: z.number().int(),
  confidence: z.number().nullable().describe('mean probability of the predicted class; null for an empty bin'),
  accuracy: z.number().nullable().describe('share of right predictions; null for an empty bin'),
});
export type ReliabilityBin = z.infer<typeof reliabilityBinSchema>;

/** Counts of test examples by which of two models is right, and McNemar's test of the difference. */
const pairedOutcomesSchema = z.object({
  name: z.string().describe('of the other adapter'),
  accuracy: z.number().describe('of the other adapter'),
  bothRight: z.number().int(),
  onlyThis: z.number().int().describe('examples that only the evaluated adapter gets right'),
  onlyOther: z.number().int().describe('examples that only the other adapter gets right'),
  bothWrong: z.number().int(),
  p: z.number().describe('two-sided exact McNemar test'),
});
export type PairedOutcomes = z.infer<typeof pairedOutcomesSchema>;

export const evaluationResultSchema = z.object({
  accuracy: z
    .number()
    .nullable()
    .describe('share of correct predictions, for text of the tokens in the loss; null for regression'),
  loss: z.number(),
  examples: z.number().int(),
  /** counts[actual][predicted]; empty without classes */
  confusion: z.array(z.array(z.number().int())),
  /** By id of the metric, e.g. f1_macro, matthews; empty in results of versions that did not record metrics. */
  metrics: z.record(z.string(), z.number()).default({}),
  labels: z.array(z.string()),
  entities: z
    .array(
      z.object({
        type: z.string(),
        precision: z.number(),
        recall: z.number(),
        f1: z.number(),
        count: z.number().int().describe('true entities of this type'),
      }),
    )
    .optional()
    .describe('by the type of the entity; of tagged words'),
  reliability: z
    .array(reliabilityBinSchema)
    .optional()
    .describe('of classes and choices, by the probability of the predicted one, from 0 to 1'),
  against: pairedOutcomesSchema.optional().describe('where another adapter was evaluated on the same examples'),
  forgetting: forgettingSchema
    .nullable()
    .default(null)
    .describe('what the adapter costs its base; null for the base, an ensemble, and where it was not measured'),
  seconds: z.number(),
});
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;

/** A score of an adapter that the studio has, from wherever it was computed. */
export const adapterScoreSchema = z.object({
  datasetId: z.string(),
  source: z.enum(['evaluation', 'run', 'merge', 'study']).describe('what computed it'),
  accuracy: z.number().nullable(),
  loss: z.number().nullable(),
  metrics: z.record(z.string(), z.number()),
  /** Null where it was not recorded. */
  examples: z.number().int().nullable(),
  forgetting: forgettingSchema.nullable(),
  at: z.number().describe('milliseconds since 1970'),
});
export type AdapterScore = z.infer<typeof adapterScoreSchema>;

/** Result of checking a dataset for evaluating an adapter or its base. */
export const datasetFitSchema = z.object({
  datasetId: z.string(),
  problem: z.string().nullable().describe('why it cannot; null: it can'),
});
export type DatasetFit = z.infer<typeof datasetFitSchema>;

/** One line of the merge bench's preflight. */
export const preflightLineSchema = z.object({
  check: z.string(),
  verdict: z.enum(['ok', 'warning', 'refused']),
  message: z.string(),
  remedy: z.string().nullable().describe('the remedy, e.g. use the ΔW average for different ranks'),
  adapter: z
    .number()
    .int()
    .nullable()
    .default(null)
    .describe('place in the request of the adapter that the line is about; null where it is about all'),
});
export type PreflightLine = z.infer<typeof preflightLineSchema>;

/** The merge bench's matrix: for each dataset, the scores of each input adapter, the merge, its placebos and the base. */
export const mergeMatrixSchema = z.object({
  columns: z.array(
    z.object({
      label: z.string(),
      kind: z.enum(['own', 'merged', 'placebo', 'base']),
      adapterId: z.string().nullable(),
      forgetting: forgettingSchema
        .nullable()
        .default(null)
        .describe('what the adapter costs its base, whatever the dataset; null where it was not measured'),
    }),
  ),
  rows: z.array(
    z.object({ datasetId: z.string(), datasetName: z.string(), accuracies: z.array(z.number().nullable()) }),
  ),
  evalSamples: z
    .number()
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('test examples a task at most; 0: all; null: not recorded'),
});
export type MergeMatrix = z.infer<typeof mergeMatrixSchema>;
