import { z } from 'zod';
import { metricIds } from '../../metrics/index.ts';
import { once } from '../../once.ts';
import { adapterSettingsSchema } from '../adapters/adapter.ts';
import { computeChoiceSchema } from '../app/catalog.ts';
import { forgettingSchema } from '../evaluation/forgetting.ts';
import { parametersOf } from '../parameters/parameters-of.ts';
import { checkpointRecordSchema } from './checkpoint.ts';
import { cotoSettingsSchema } from './coto.ts';
import { runOriginSchema } from './imported-run.ts';
import { runInfoSchema } from './run-info.ts';
import { sampleSettings } from './run-samples.ts';
import { taskSettingsSchema } from './task.ts';

/** Age in minutes at which the latest checkpoint of a training is replaced; 0: never by time. */
export const saveMinutes = z.number().min(0).default(2);

/** Learning-rate schedules, by their names in Transformers' `lr_scheduler_type`. */
export const lrSchedulerTypes = ['linear', 'cosine', 'constant', 'constant_with_warmup'] as const;

/**
 * A run as a YAML file: Transformers' and PEFT's own names, unknown keys are rejected. Reports contain the same file.
 * With `max_steps` 0, `num_train_epochs` sets the length.
 */
export const runConfigSchema = z.strictObject({
  model: z.string().default('quickdraw-vit').describe('id of a model of the studio, or a folder'),
  dataset: z.string().default('fashion-mnist-small').describe('id of a dataset of the studio, or a path'),
  train_samples_per_class: z.number().int().min(0).default(0).meta({
    title: 'Train samples per class',
    description: 'Few-shot training: this many examples of each class, drawn by data_seed. 0 trains on all.',
    unit: 'examples',
    group: 'Data',
  }),
  max_train_samples: z.number().int().min(0).default(0).meta({
    title: 'Max train samples',
    description: 'Trains on this many examples at most, whatever their class, drawn by data_seed. 0 trains on all.',
    unit: 'examples',
    advanced: true,
    group: 'Data',
  }),
  validation_samples: z.number().int().min(0).default(0).meta({
    title: 'Validation samples',
    description:
      'Holds this many training examples out of the training, in proportion to the classes. Every run on the dataset holds out the same ones, whatever its seed.',
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
        'Examples to evaluate on. Choose by the validation split wherever a rate, a checkpoint or an early end is chosen: a score on examples that also chose is too good.',
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
      description: 'Seeds the initialization, the order of the examples (unless order_seed does), dropout and CoTo.',
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
        'Draws the examples of train_samples_per_class and max_train_samples. Give runs of several seeds the same data_seed to train them on the same examples.',
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
        'Draws the order of the training examples. With the same order_seed, runs of several seeds take the same batches, and a difference between seeds is one of initialization, dropout and CoTo alone.',
      empty: 'same as seed',
      advanced: true,
      group: 'Data',
    }),
  learning_rate: z.number().positive().default(1e-3).meta({
    title: 'Learning rate',
    description: 'Peak of the schedule. CoTo tolerates, and usually needs, a higher rate than LoRA.',
    group: 'Optimization',
  }),
  lr_scheduler_type: z.enum(lrSchedulerTypes).default('cosine').meta({
    title: 'Learning rate schedule',
    description: 'How the learning rate changes after the warmup.',
    group: 'Optimization',
  }),
  warmup_steps: z.number().min(0).default(0.1).meta({
    title: 'Warmup steps',
    description: 'Steps of linear warmup; below 1, a share of all steps, as in Transformers 5.',
    unit: 'steps',
    group: 'Optimization',
  }),
  max_steps: z.number().int().min(0).default(0).meta({
    title: 'Max steps',
    description: 'Number of optimizer steps. 0 trains for num_train_epochs.',
    unit: 'steps',
    group: 'Optimization',
  }),
  num_train_epochs: z.number().positive().default(3).meta({
    title: 'Train epochs',
    description: 'Passes over the training data. Not used where max_steps is given.',
    unit: 'epochs',
    group: 'Optimization',
  }),
  per_device_train_batch_size: z.number().int().min(1).default(32).meta({
    title: 'Train batch size',
    description: 'Examples per forward pass. Memory grows with it.',
    unit: 'examples',
    group: 'Optimization',
  }),
  per_device_eval_batch_size: z.number().int().min(1).default(100).meta({
    title: 'Eval batch size',
    description: 'Examples per forward pass in evaluation. Changes the speed, not the result.',
    unit: 'examples',
    advanced: true,
    group: 'Optimization',
  }),
  gradient_accumulation_steps: z.number().int().min(1).default(1).meta({
    title: 'Gradient accumulation steps',
    description: 'Forward passes per optimizer step: the effective batch is this times the batch size.',
    group: 'Optimization',
  }),
  auto_find_batch_size: z.boolean().default(false).meta({
    title: 'Find batch size',
    description:
      'Splits the effective batch (batch size times accumulation) into the largest micro-batches that are estimated to fit into the memory that is free when the run is queued. The result is that of the same split given by hand; Transformers’ setting of this name changes the effective batch instead.',
    advanced: true,
    group: 'Optimization',
  }),
  gradient_checkpointing: z.boolean().default(false).meta({
    title: 'Gradient checkpointing',
    description:
      'Less memory for more time, with the same result: layers are recomputed in the backward pass instead of keeping their activations.',
    advanced: true,
    group: 'Optimization',
  }),
  activation_dtype: z.enum(['float32', 'bfloat16']).default('float32').meta({
    title: 'Activation dtype',
    description:
      'How what the layers compute waits for the backward pass: bfloat16 takes half the memory of float32 and changes gradients by less than 2 % of their norm. On the native and the WebGPU backend.',
    advanced: true,
    group: 'Optimization',
  }),
  optim: z
    .enum(['adamw', 'riemannian-adamw', 'sgd'])
    .default('adamw')
    .meta({
      title: 'Optimizer',
      description:
        'The optimizer, with PyTorch’s semantics. Riemannian AdamW preconditions the gradients of a product B·A by its factors.',
      labels: { adamw: 'AdamW', 'riemannian-adamw': 'Riemannian AdamW', sgd: 'SGD' },
      advanced: true,
      group: 'Optimization',
    }),
  weight_decay: z.number().min(0).default(0).meta({
    title: 'Weight decay',
    description: 'Decoupled weight decay of AdamW; of SGD, added to the gradient.',
    advanced: true,
    group: 'Optimization',
  }),
  adam_beta1: z.number().min(0).max(1).default(0.9).meta({
    title: 'Adam β₁',
    description: 'Decay of the first moment.',
    advanced: true,
    group: 'Optimization',
  }),
  adam_beta2: z.number().min(0).max(1).default(0.999).meta({
    title: 'Adam β₂',
    description: 'Decay of the second moment.',
    advanced: true,
    group: 'Optimization',
  }),
  adam_epsilon: z.number().positive().default(1e-8).meta({
    title: 'Adam ε',
    description: 'Added to the root of the second moment.',
    advanced: true,
    group: 'Optimization',
  }),
  riemannian_reg: z.number().positive().default(1e-2).meta({
    title: 'Riemannian damping',
    description:
      "Added to the diagonal of the r × r matrices that Riemannian AdamW inverts (PEFT's reg; the authors use 1e-6).",
    advanced: true,
    group: 'Optimization',
  }),
  sgd_momentum: z.number().min(0).max(1).default(0).meta({
    title: 'SGD momentum',
    description: 'Share of the last step that SGD repeats.',
    advanced: true,
    group: 'Optimization',
  }),
  max_grad_norm: z.number().min(0).default(1).meta({
    title: 'Max gradient norm',
    description: 'Gradients with a larger norm are scaled down to it. 0 turns clipping off.',
    advanced: true,
    group: 'Optimization',
  }),
  logging_steps: z.number().int().min(1).default(1).meta({
    title: 'Logging steps',
    description: 'Records the training loss every this many steps.',
    unit: 'steps',
    advanced: true,
    group: 'Optimization',
  }),
  group_by_length: z.boolean().default(false).meta({
    title: 'Group by length',
    description:
      'Puts texts of like length into a batch, so that less of it is padding; the order is seeded as before. For texts only.',
    group: 'Task',
  }),
  eval_steps: z.number().int().min(0).default(0).meta({
    title: 'Eval steps',
    description: 'Evaluates every this many steps, with all adapters active. 0 evaluates only at the end.',
    unit: 'steps',
    group: 'Optimization',
  }),
  eval_on_start: z.boolean().default(false).meta({
    title: 'Eval on start',
    description:
      'Also evaluates before the first step, as a baseline: of a new adapter, that is its base. It costs one evaluation and changes no result.',
    group: 'Optimization',
  }),
  ...sampleSettings,
  save_steps: z.number().int().min(0).default(0).meta({
    title: 'Save steps',
    description:
      'Keeps a checkpoint every this many steps. 0 keeps only the one of the end and the one of the best evaluation.',
    unit: 'steps',
    advanced: true,
    group: 'Optimization',
  }),
  save_minutes: saveMinutes.meta({
    title: 'Save minutes',
    description:
      'Saves a checkpoint as soon as the latest one is this many minutes old, so that a run whose process is killed can be resumed. The next one, or the checkpoint of the end, replaces it. Changes no result. 0 turns it off.',
    unit: 'minutes',
    advanced: true,
    group: 'Optimization',
  }),
  load_best_model_at_end: z.boolean().default(false).meta({
    title: 'Load best model at end',
    description: 'Uses the checkpoint of the best evaluation as the final adapter, not the last one.',
    advanced: true,
    group: 'Optimization',
  }),
  metric_for_best_model: z
    .string()
    .trim()
    .min(1)
    .nullable()
    .default(null)
    .meta({
      title: 'Metric for best model',
      description: `Metric of the best evaluation and of early stopping, of those that the task has: ${metricIds.join(', ')}.`,
      names: 'metric',
      empty: 'the main metric of the task',
      advanced: true,
      group: 'Optimization',
    }),
  greater_is_better: z.boolean().nullable().default(null).meta({
    title: 'Greater is better',
    description: 'Whether the larger value of metric_for_best_model is the better one.',
    empty: 'as the metric says',
    advanced: true,
    group: 'Optimization',
  }),
  early_stopping_patience: z.number().int().min(0).default(0).meta({
    title: 'Early stopping patience',
    description:
      'Ends the training after this many evaluations in a row without improvement; 0 never does. Needs eval_steps. The schedules of the learning rate and of CoTo stay those of all planned steps: an early end within stage 1 leaves p below 1.',
    unit: 'evaluations',
    advanced: true,
    group: 'Optimization',
  }),
  early_stopping_threshold: z.number().min(0).default(0).meta({
    title: 'Early stopping threshold',
    description: 'The metric must be better than its best by more than this to count as an improvement.',
    advanced: true,
    group: 'Optimization',
  }),

  compute_backend: computeChoiceSchema.default('auto').meta({
    title: 'Compute backend',
    description: 'Compute backend of this run. auto takes the fastest that works here; Settings shows which, and why.',
    advanced: true,
    group: 'Optimization',
  }),
  compute_dtype: z.enum(['auto', 'float32', 'bfloat16', 'float16']).default('auto').meta({
    title: 'Compute dtype',
    description:
      'Of the matrix products with the frozen base; the adapter and the optimizer stay float32. auto takes bfloat16 only where it was measured to be faster here. On WebGPU bfloat16 and float16 are how the matrices of a float32 base are kept on the card; with float16, products may round what they multiply to it too, where that was timed to be faster.',
    advanced: true,
    group: 'Optimization',
  }),
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/** The run's own settings, without those of its adapter and of CoTo, grouped into data, task and optimization. */
export const runParameters = once(() => parametersOf(runConfigSchema));

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
