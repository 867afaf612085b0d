import { z } from 'zod';
import { adapterSettingsSchema } from './adapter.ts';
import { cotoSettingsSchema } from './coto.ts';
import { taskSettingsSchema } from './task.ts';

/**
 * A run as a YAML file: Transformers' and PEFT's own names, unknown keys refused. A report holds the very file.
 * Where `max_steps` is 0 the length is `num_train_epochs`.
 */
export const runConfigSchema = z.strictObject({
  model: z.string().default('quickdraw-vit').describe('id of a model of the studio, or a folder'),
  dataset: z.string().default('fashion-mnist-small').describe('id of a dataset of the studio, or a path'),
  train_samples_per_class: z.number().int().min(0).default(0).describe('few-shot subset drawn by `seed`; 0 takes all'),
  eval_samples: z.number().int().min(0).default(0).describe('the first so many of the fixed test split; 0 takes all'),

  ...taskSettingsSchema.shape,

  adapter: adapterSettingsSchema.prefault({}),
  coto: cotoSettingsSchema.nullable().default(null),

  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42),
  data_seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .nullable()
    .default(null)
    .describe('draws the few-shot subset; null: `seed`'),
  learning_rate: z.number().positive().default(1e-3),
  lr_scheduler_type: z.enum(['linear', 'cosine', 'constant', 'constant_with_warmup']).default('cosine'),
  warmup_steps: z.number().min(0).default(0.1).describe('steps; below 1 a share of all steps, as in Transformers 5'),
  max_steps: z.number().int().min(0).default(0),
  num_train_epochs: z.number().positive().default(3),
  per_device_train_batch_size: z.number().int().min(1).default(32),
  per_device_eval_batch_size: z.number().int().min(1).default(100),
  gradient_accumulation_steps: z.number().int().min(1).default(1),
  gradient_checkpointing: z
    .boolean()
    .default(false)
    .describe('less memory, more time: layers run again in the backward pass'),
  optim: z.enum(['adamw']).default('adamw'),
  weight_decay: z.number().min(0).default(0),
  adam_beta1: z.number().min(0).max(1).default(0.9),
  adam_beta2: z.number().min(0).max(1).default(0.999),
  adam_epsilon: z.number().positive().default(1e-8),
  max_grad_norm: z.number().min(0).default(1).describe('0 switches clipping off'),
  logging_steps: z.number().int().min(1).default(1),
  eval_steps: z.number().int().min(0).default(0).describe('0 evaluates only at the end'),
  save_steps: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('0 saves only at the end, on a pause and at each best evaluation'),
  load_best_model_at_end: z
    .boolean()
    .default(false)
    .describe('the adapter handed on is the best checkpoint, else the last'),

  compute_backend: z.enum(['auto', 'tensorflow', 'webgpu', 'native', 'wasm']).default('auto'),
  compute_dtype: z
    .enum(['auto', 'float32', 'bfloat16'])
    .default('auto')
    .describe('of the products with the frozen base; auto: bfloat16 where it was timed to be faster, else float32'),
});
export type RunConfig = z.infer<typeof runConfigSchema>;

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

export const checkpointRecordSchema = z.object({
  kind: z.enum(['last', 'best', 'step']),
  step: z.number().int(),
  folder: z.string().describe('relative to the home'),
  accuracy: z.number().nullable(),
  resumable: z.boolean().describe('holds the optimizer and the random streams'),
});
export type CheckpointRecord = z.infer<typeof checkpointRecordSchema>;

/** Facts fixed when a run starts, so that its figures can be read later without its model. */
export const runFactsSchema = z.object({
  totalSteps: z.number().int(),
  trainableParameters: z.number().int(),
  totalParameters: z.number().int(),
  groups: z.array(z.string()).describe('CoTo groups from the input up, e.g. layer 0'),
  trainExamples: z.number().int(),
  evalExamples: z.number().int(),
  backend: z.string(),
  threads: z.number().int(),
  computeDtype: z.enum(['float32', 'bfloat16']).default('float32'),
});
export type RunFacts = z.infer<typeof runFactsSchema>;

/** What a run came to. Times are wall-clock milliseconds of whole optimizer steps, evaluation left out. */
export const runResultSchema = z.object({
  steps: z.number().int(),
  accuracy: z.number().nullable(),
  evalLoss: z.number().nullable(),
  trainLoss: z.number().nullable(),
  /** Every metric of the last evaluation, by its id. */
  metrics: z.record(z.string(), z.number()).default({}),
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
  studyId: z.string().nullable().describe('the study that asked for it'),
  step: z.number().int(),
  facts: runFactsSchema.nullable(),
  result: runResultSchema.nullable(),
  adapterId: z.string().nullable(),
  checkpoints: z.array(checkpointRecordSchema),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  folder: z.string(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/**
 * One value of a run's history. Names: loss, learning_rate, grad_norm, p, active_share, step_milliseconds,
 * examples_per_second, eval_loss, eval_accuracy and other eval_<metric>, and grad_norm/<group>, weight_norm/<group> by layer.
 */
export const metricRowSchema = z.object({ name: z.string(), step: z.number().int(), value: z.number() });
export type MetricRow = z.infer<typeof metricRowSchema>;

/** Activation masks of consecutive steps from `firstStep`: one byte a group and step, step-major, 1 is on. */
export const activationMasksSchema = z.object({
  firstStep: z.number().int(),
  groupCount: z.number().int(),
  bytes: z.instanceof(Uint8Array),
});
export type ActivationMasks = z.infer<typeof activationMasksSchema>;
