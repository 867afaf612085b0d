import { createHash } from 'node:crypto';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { BundleInput, BundleJob } from '../../../src-shared/domain/targets/bundle.ts';
import { canonicalJson, keySettings, withKeySchedule } from '../library/content-keys.ts';
import type { Services } from '../services/services.ts';
import { type Bundle, program } from './bundle-files.ts';

/** Settings that keys contain at their defaults too; younger ones are added only otherwise. Must never change. */
const firstSettings: ReadonlySet<string> = new Set([
  'train_samples_per_class',
  'max_train_samples',
  'validation_samples',
  'eval_split',
  'eval_samples',
  'task',
  'max_length',
  'prompt_template',
  'chat_template',
  'class_templates',
  'max_seq_length',
  'doc_stride',
  'n_best_size',
  'max_answer_length',
  'null_score_diff_threshold',
  'embedding_loss',
  'similarity_scale',
  'contrastive_margin',
  'pooling_mode',
  'completion_only_loss',
  'packing',
  'neat_packing',
  'length_normalized',
  'loss_type',
  'beta',
  'label_smoothing',
  'simpo_gamma',
  'cpo_alpha',
  'desirable_weight',
  'undesirable_weight',
  'adapter',
  'coto',
  'seed',
  'data_seed',
  'order_seed',
  'learning_rate',
  'lr_scheduler_type',
  'warmup_steps',
  'max_steps',
  'num_train_epochs',
  'per_device_train_batch_size',
  'per_device_eval_batch_size',
  'gradient_accumulation_steps',
  'auto_find_batch_size',
  'gradient_checkpointing',
  'activation_dtype',
  'optim',
  'weight_decay',
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'riemannian_reg',
  'sgd_momentum',
  'max_grad_norm',
  'logging_steps',
  'group_by_length',
  'eval_steps',
  'eval_on_start',
  'sample_count',
  'sample_prompts',
  'sample_tokens',
  'save_steps',
  'load_best_model_at_end',
  'metric_for_best_model',
  'greater_is_better',
  'early_stopping_patience',
  'early_stopping_threshold',
  'compute_backend',
  'compute_dtype',
]);

/** Hash of a run's settings, the files that it needs and the version of the program, in 32 digits. */
export function runKey(config: RunConfig, inputs: readonly BundleInput[], version: string = program.version): string {
  const { model, dataset, ...others } = withKeySchedule(config);
  const content = {
    version,
    settings: keySettings(others, firstSettings),
    model: requireInput(inputs, 'model', model).sha256,
    dataset: keyOfDataset(requireInput(inputs, 'dataset', dataset)),
  };
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);
}

function keyOfDataset({ sha256, source }: BundleInput): unknown {
  const { test_file: _, ...options } = source?.options ?? {};
  return { sha256, reader: source?.reader ?? null, options };
}

/** @throws StudioError invalid_file if the bundle does not say where an input is */
export function requireInput(inputs: readonly BundleInput[], role: BundleInput['role'], id: string): BundleInput {
  const input = inputs.find((one) => one.role === role && one.id === id);
  if (input !== undefined) return input;
  throw unnamedInput(role, id);
}

export function unnamedInput(role: BundleInput['role'], id: string): StudioError {
  return new StudioError(
    'invalid_file',
    `inputs.json of the bundle does not name the ${role} "${id}" of a run.`,
    'Write the bundle again: coto study bundle.',
  );
}

/** The run of a job. @throws StudioError invalid_file if its YAML is not what the bundle was written with */
export async function readJobConfig(
  { reader }: Pick<Services, 'reader'>,
  bundle: Bundle,
  job: BundleJob,
): Promise<RunConfig> {
  return requireJobRun(bundle, job, await reader.read('jobRun', { folder: bundle.folder, job }));
}

/** The run that a job's YAML has. @throws StudioError invalid_file if the bundle was written with another */
export function requireJobRun({ inputs, study }: Bundle, { runId, file }: BundleJob, config: RunConfig): RunConfig {
  if (runKey(config, inputs, study.program.version) === runId) return config;
  throw new StudioError(
    'invalid_file',
    `${file} of the bundle was changed: it is not the run ${runId} any more.`,
    'Write the bundle again: coto study bundle.',
  );
}
