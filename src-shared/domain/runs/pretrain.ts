import { z } from 'zod';
import { augmentationSchema } from './augmentation.ts';
import { saveMinutes } from './run-evaluation.ts';
import { lrSchedulerTypes } from './run-optimization.ts';

const share = z.number().min(0).max(1);

/**
 * A base model trained from scratch, all of its parameters, as a YAML file with Transformers' own names. Unknown keys
 * are refused.
 */
export const pretrainConfigSchema = z.strictObject({
  model_config: z.string().describe('config.json of the new model, or its folder'),
  tokenizer: z.string().nullable().default(null).describe('folder with tokenizer.json: for language models'),
  train_data: z
    .array(z.string())
    .min(1)
    .describe('text files, documents separated by a blank line; for image models one dataset of the studio, or a path'),
  eval_data: z.array(z.string()).default([]).describe('text files; if empty, eval_share of train_data is held out'),
  augmentation: augmentationSchema.nullable().default(null).describe('of images, in training only; null: none'),
  eval_share: share.default(0.02).describe('share of the documents that is held out'),
  block_size: z.number().int().min(8).default(128).describe('tokens per window of text'),

  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42),
  learning_rate: z.number().positive().default(2e-3),
  lr_scheduler_type: z.enum(lrSchedulerTypes).default('cosine'),
  warmup_steps: z.number().min(0).default(0.03).describe('steps; below 1 a share of all steps'),
  max_steps: z.number().int().min(0).default(0).describe('0: num_train_epochs'),
  num_train_epochs: z.number().positive().default(1),
  per_device_train_batch_size: z.number().int().min(1).default(32),
  gradient_accumulation_steps: z.number().int().min(1).default(1),
  weight_decay: z.number().min(0).default(0.1).describe('of matrices; biases and norms have none'),
  adam_beta1: share.default(0.9),
  adam_beta2: share.default(0.95),
  adam_epsilon: z.number().positive().default(1e-8),
  max_grad_norm: z.number().min(0).default(1),
  label_smoothing_factor: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe('label smoothing of the training loss; not applied in evaluation'),
  logging_steps: z.number().int().min(1).default(10),
  eval_steps: z.number().int().min(0).default(0).describe('0 evaluates only at the end'),
  eval_samples: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('windows or images to evaluate on; 0: all that are held out'),
  save_minutes: saveMinutes.describe(
    'a checkpoint to resume from is saved once the latest one is this old, and removed at the end; 0: only on a pause',
  ),
  save_dtype: z.enum(['float32', 'float16', 'bfloat16']).default('float32'),
});
export type PretrainConfig = z.infer<typeof pretrainConfigSchema>;

/** Result of a pretraining. Language models have a perplexity, image classifiers an accuracy; the other is null. */
export const pretrainResultSchema = z.object({
  steps: z.number().int(),
  parameterCount: z.number().int(),
  trainLoss: z.number().nullable(),
  evalLoss: z.number(),
  perplexity: z.number().nullable(),
  accuracy: z.number().nullable(),
  seconds: z.number(),
});
export type PretrainResult = z.infer<typeof pretrainResultSchema>;
