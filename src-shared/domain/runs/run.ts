import { z } from 'zod';
import { once } from '../../once.ts';
import { adapterSettingsSchema } from '../adapters/adapter.ts';
import { computeChoiceSchema } from '../app/catalog.ts';
import { forgettingSchema } from '../evaluation/forgetting.ts';
import { parametersOf } from '../parameters/parameters-of.ts';
import { augmentationParameters, augmentationSchema } from './augmentation.ts';
import { checkpointRecordSchema } from './checkpoint.ts';
import { cotoSettingsSchema } from './coto.ts';
import { runOriginSchema } from './imported-run.ts';
import { evaluationSettings } from './run-evaluation.ts';
import { runInfoSchema } from './run-info.ts';
import { lossSettings, optimizationSettings } from './run-optimization.ts';
import { taskSettingsSchema } from './task.ts';

/**
 * A run as a YAML file: Transformers' and PEFT's own names, unknown keys are rejected. Reports contain the same file.
 * With `max_steps` 0, `num_train_epochs` sets the length.
 */
export const runConfigSchema = z.strictObject({
  model: z.string().default('quickdraw-vit').describe('id of a model of the studio, or a folder'),
  dataset: z.string().default('fashion-mnist-small').describe('id of a dataset of the studio, or a path'),
  train_samples_per_class: z.number().int().min(0).default(0).meta({
    title: 'Train samples per class',
    description: 'Few-shot training: number of examples of each class, drawn by data_seed. 0 trains on all.',
    unit: 'examples',
    group: 'Data',
  }),
  max_train_samples: z.number().int().min(0).default(0).meta({
    title: 'Max train samples',
    description: 'Maximum number of training examples, of any class, drawn by data_seed. 0 trains on all.',
    unit: 'examples',
    advanced: true,
    group: 'Data',
  }),
  validation_samples: z.number().int().min(0).default(0).meta({
    title: 'Validation samples',
    description:
      'Number of training examples to hold out for validation, in proportion to the classes. Every run on the dataset holds out the same examples, whatever its seed.',
    unit: 'examples',
    advanced: true,
    group: 'Data',
  }),
  eval_split: z
    .enum(['test', 'validation'])
    .default('test')
    .meta({
      title: 'Eval split',
      description:
        'Examples to evaluate on. Use the validation split to choose a learning rate, a checkpoint or an early end. A score on examples that were also used for choosing is too good.',
      labels: { test: 'Test', validation: 'Validation' },
      advanced: true,
      group: 'Data',
    }),
  eval_samples: z.number().int().min(0).default(0).meta({
    title: 'Eval samples',
    description: 'Number of examples to evaluate on, from the start of the test or validation split (0 = all).',
    unit: 'examples',
    group: 'Data',
  }),

  augmentation: augmentationSchema.nullable().default(null).describe('of training images; null: none'),

  ...taskSettingsSchema.shape,

  adapter: adapterSettingsSchema.prefault({}),
  coto: cotoSettingsSchema.nullable().default(null),

  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42)
    .meta({
      title: 'Seed',
      description: 'Seed of the initialization, dropout, CoTo and, without order_seed, the order of the examples.',
      group: 'Data',
    }),
  data_seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullable()
    .default(null)
    .meta({
      title: 'Data seed',
      description:
        'Seed that draws the examples of train_samples_per_class and max_train_samples. With the same data_seed, runs of several seeds train on the same examples.',
      empty: 'same as seed',
      group: 'Data',
    }),
  order_seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullable()
    .default(null)
    .meta({
      title: 'Order seed',
      description:
        'Seed of the order of the training examples. With the same order_seed, runs of several seeds use the same batches. They then differ only in initialization, dropout and CoTo.',
      empty: 'same as seed',
      advanced: true,
      group: 'Data',
    }),
  rounding_repeat: z.number().int().min(0).max(1000).default(0).meta({
    title: 'Rounding repeat',
    description:
      'Repeats a run with a change as small as a rounding error: every initial weight of the adapter moves by one unit in the last place, up or down as drawn by this number. 0 moves none. Results of repeats show how far rounding alone moves a score.',
    advanced: true,
    group: 'Data',
  }),
  head: z
    .enum(['trained', 'frozen_after_base_probe'])
    .default('trained')
    .meta({
      title: 'Task head',
      description:
        'How a classifier gets its head. It is trained beside the adapter, or fitted to the plain base first by logistic regression and then frozen, so that the adapter alone is trained.',
      labels: { trained: 'Trained', frozen_after_base_probe: 'Fitted to the base, then frozen' },
      advanced: true,
      group: 'Optimization',
    }),
  ...optimizationSettings,
  ...lossSettings,
  logging_steps: z.number().int().min(1).default(1).meta({
    title: 'Logging steps',
    description: 'Number of steps between two records of the training loss.',
    unit: 'steps',
    advanced: true,
    group: 'Optimization',
  }),
  group_by_length: z.boolean().default(false).meta({
    title: 'Group by length',
    description:
      'Puts texts of similar length into a batch, which needs less padding. The order stays seeded. For texts only.',
    group: 'Task',
  }),
  ...evaluationSettings,

  compute_backend: computeChoiceSchema.default('auto').meta({
    title: 'Compute backend',
    description:
      'Compute backend of this run. auto selects the fastest one that works on this machine; Settings shows the choice and the reason.',
    advanced: true,
    group: 'Optimization',
  }),
  compute_dtype: z.enum(['auto', 'float32', 'bfloat16', 'float16', 'int8']).default('auto').meta({
    title: 'Compute dtype',
    description:
      'Type of the matrix products with the frozen base; the adapter and the optimizer stay float32. auto selects bfloat16 only if it was measured to be faster on this machine. On WebGPU, bfloat16 and float16 are the types of the base’s matrices on the card. With float16, products may also round their operands if that was timed to be faster. int8 multiplies the base’s linear layers in 8-bit integers; only the native backend has it, on processors with VNNI or AMX.',
    advanced: true,
    group: 'Optimization',
  }),
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/** The run's own settings, without those of its adapter and of CoTo, grouped into data, task and optimization. */
export const runParameters = once(() => [...parametersOf(runConfigSchema), ...augmentationParameters()]);

export const runStatusSchema = z.enum([
  'queued',
  'running',
  'paused',
  'completed',
  'stopped',
  'cancelled',
  'failed',
  'interrupted',
]);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** Result of a run. Times are wall-clock milliseconds of whole optimizer steps, without evaluation. */
export const runResultSchema = z.object({
  steps: z.number().int(),
  accuracy: z.number().nullable(),
  evalLoss: z.number().nullable(),
  trainLoss: z.number().nullable(),
  /** All metrics of the last evaluation, by id. */
  metrics: z.record(z.string(), z.number()).default({}),
  /** The best evaluation by the run's criterion; null in results of versions that did not record it. */
  best: z.object({ step: z.number().int(), metric: z.string(), value: z.number().nullable() }).nullable().default(null),
  /** The evaluation before the first step; absent where none was made. */
  start: z
    .object({
      /** True if the base is itself a classifier, like CLIP. */
      zeroShot: z.boolean(),
      accuracy: z.number().nullable(),
      loss: z.number(),
      metrics: z.record(z.string(), z.number()),
    })
    .optional(),
  /** True if early stopping ended the run before its last planned step. */
  stoppedEarly: z.boolean().default(false),
  /** Forgetting caused by the run's adapter; null if it was not measured. */
  forgetting: forgettingSchema.nullable().default(null),
  meanStepMilliseconds: z.number(),
  medianStepMilliseconds: z.number(),
  /** Mean share of groups that were on, over the steps taken. */
  meanActiveShare: z.number(),
  trainSeconds: z.number(),
});
export type RunResult = z.infer<typeof runResultSchema>;

export const runRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: runStatusSchema,
  config: runConfigSchema,
  modelId: z.string(),
  datasetId: z.string(),
  tags: z.array(z.string()),
  note: z.string(),
  starred: z.boolean(),
  archived: z.boolean(),
  studyId: z.string().nullable().describe('the study that created it'),
  step: z.number().int(),
  facts: runInfoSchema.nullable(),
  result: runResultSchema.nullable(),
  adapterId: z.string().nullable(),
  checkpoints: z.array(checkpointRecordSchema),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  folder: z.string(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  /**
   * Absent: trained here. A run that another program trained has no model, dataset (both ''), checkpoints or adapter; its
   * config has what its origin's settings say of it, and defaults.
   */
  origin: runOriginSchema.optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
