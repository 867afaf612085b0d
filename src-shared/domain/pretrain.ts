import { z } from 'zod';

const share = z.number().min(0).max(1);

/** How images are changed at random each time they are trained on; what comes in from outside is black. */
export const augmentationSchema = z.strictObject({
  rotation_radians: z.number().min(0).max(Math.PI).default(0).describe('at most so far, either way'),
  scale: z
    .tuple([z.number().positive(), z.number().positive()])
    .refine(([low, high]) => low <= high, 'the first must not be above the second')
    .default([1, 1])
    .describe('from so small to so large'),
  shift: share.default(0).describe('at most this share of width and height, either way'),
  horizontal_flip: z.boolean().default(false).describe('mirrors every second image'),
});
export type Augmentation = z.infer<typeof augmentationSchema>;

/**
 * A base model trained from scratch, all of its parameters, as a YAML file with Transformers' own names. Unknown keys are
 * refused.
 */
export const pretrainConfigSchema = z.strictObject({
  model_config: z.string().describe('config.json of the fresh model, or the folder that holds it'),
  tokenizer: z.string().nullable().default(null).describe('folder with tokenizer.json: for language models'),
  train_data: z
    .array(z.string())
    .min(1)
    .describe('text files, documents parted by a blank line; for image models one dataset of the studio, or a path'),
  eval_data: z.array(z.string()).default([]).describe('text files; without any, eval_share of train_data is held out'),
  augmentation: augmentationSchema.nullable().default(null).describe('of images, in training only; null: none'),
  eval_share: share.default(0.02).describe('every so-manyth document is held out'),
  block_size: z.number().int().min(8).default(128).describe('tokens of a window of text'),

  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42),
  learning_rate: z.number().positive().default(2e-3),
  lr_scheduler_type: z.enum(['linear', 'cosine', 'constant', 'constant_with_warmup']).default('cosine'),
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
    .describe('share of the training loss that goes to all classes alike; evaluation has none'),
  logging_steps: z.number().int().min(1).default(10),
  eval_steps: z.number().int().min(0).default(0).describe('0 evaluates only at the end'),
  eval_samples: z.number().int().min(0).default(0).describe('windows or images to score; 0: all that are held out'),
  save_dtype: z.enum(['float32', 'float16', 'bfloat16']).default('float32'),
});
export type PretrainConfig = z.infer<typeof pretrainConfigSchema>;

/** What a pretraining came to. Perplexity is of a language model, accuracy of an image classifier; the other is null. */
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
