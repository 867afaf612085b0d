import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { MaskUnit } from '../../../src-shared/domain/evaluation/mask-table.ts';
import { mergeRule } from '../../../src-shared/domain/merging/mergeability.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { keyScheduleId, usedSettings } from '../../../src-shared/domain/runs/coto.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { sampleSettings } from '../../../src-shared/domain/runs/run-samples.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import type { Subject } from '../../../src-shared/domain/studies/plan.ts';
import type { Services } from '../services/services.ts';
import { requireAdapter } from './adapters/adapters.ts';
import { datasetContent } from './datasets/dataset-content.ts';
import { requireDataset } from './datasets/datasets.ts';

/** Must be raised whenever scores of the same content change, so that old ones are not reused. */
const scoreVersion = 3;

/** Settings of a task that keys of scores contain at their defaults too; younger ones are added only otherwise. Must never change. */
const firstTaskSettings: ReadonlySet<string> = new Set([
  'task',
  'max_length',
  'prompt_template',
  'chat_template',
  'completion_only_loss',
  'packing',
  'length_normalized',
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
]);

/** Settings of a run that were hashed from the first version on, at their defaults too. Must never change. */
const firstSettings: ReadonlySet<string> = new Set([
  'train_samples_per_class',
  'eval_samples',
  'task',
  'max_length',
  'prompt_template',
  'chat_template',
  'completion_only_loss',
  'packing',
  'length_normalized',
  'adapter',
  'coto',
  'seed',
  'data_seed',
  'learning_rate',
  'lr_scheduler_type',
  'warmup_steps',
  'max_steps',
  'num_train_epochs',
  'per_device_train_batch_size',
  'per_device_eval_batch_size',
  'gradient_accumulation_steps',
  'gradient_checkpointing',
  'optim',
  'weight_decay',
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'riemannian_reg',
  'sgd_momentum',
  'max_grad_norm',
  'logging_steps',
  'eval_steps',
  'save_steps',
  'load_best_model_at_end',
  'compute_backend',
  'compute_dtype',
]);
/** Settings of a run that have no part in its result. */
const watchingSettings: ReadonlySet<string> = new Set([
  'eval_on_start',
  'save_minutes',
  ...Object.keys(sampleSettings),
]);
const defaultConfig = runConfigSchema.parse({});
/** Rate of the exponential curve that keys contain while another curve is used. Must never change. */
const unusedExponentialRate = 5;

/** Must be raised whenever the groups, the blocks of examples or the scores of a mask change. */
const maskTableVersion = 2;

/** Must be raised whenever a measure of a pair changes. */
const pairsVersion = 1;

/** A key and the value it is the hash of. */
export interface ContentKey {
  readonly key: string;
  readonly content: string;
}

export interface ScoredContent {
  readonly model: ModelRecord;
  readonly dataset: DatasetRecord;
  readonly eval_samples: number;
  /** Omitted: scored on the test split. */
  readonly validation_samples?: number | undefined;
  /** Hash of the questions that are scored in place of the dataset's test examples. */
  readonly questions?: string | undefined;
  readonly settings: TaskSettings;
  /** With every leaf resolved to an adapter of the studio, and every dataset to its id. */
  readonly subject: Subject;
}

/** Key of a score: base, adapters by their bytes, the expression over them, data, examples and task settings. */
export async function scoreKey(
  services: Pick<Services, 'home' | 'store'>,
  content: ScoredContent,
): Promise<ContentKey> {
  return keyOf({ version: scoreVersion, ...(await evaluatedContent(services, content)) });
}

/** Key of a table of masks: that of a score, with the groups that masks switch; the masks themselves are rows. */
export async function maskTableKey(
  services: Pick<Services, 'home' | 'store'>,
  content: ScoredContent,
  unit: MaskUnit,
): Promise<ContentKey> {
  return keyOf({ masks: maskTableVersion, unit, ...(await evaluatedContent(services, content)) });
}

/** Key of the measures of all pairs of some adapters; verdicts hold the names. */
export async function pairsKey(
  services: Pick<Services, 'home'>,
  compared: {
    readonly model: ModelRecord;
    readonly adapters: readonly AdapterRecord[];
    readonly names: readonly string[];
    readonly seed: number;
  },
): Promise<ContentKey> {
  const { model, names, seed } = compared;
  const adapters = [];
  for (const adapter of compared.adapters) adapters.push(await adapterContent(services, adapter));
  // The verdicts follow this rule, so that they are new where it is.
  return keyOf({ pairs: pairsVersion, rule: mergeRule, base: model.description.fingerprint, adapters, names, seed });
}

async function evaluatedContent(
  services: Pick<Services, 'home' | 'store'>,
  { model, dataset, eval_samples, validation_samples, questions, settings: given, subject }: ScoredContent,
): Promise<object> {
  // Packing changes training alone, and its settings are younger than the keys.
  const { neat_packing: _, packing_strategy: __, ...others } = given;
  const settings = keySettings(others, firstTaskSettings);
  return {
    base: model.description.fingerprint,
    subject: await subjectContent(services, subject),
    dataset: await datasetContent(dataset),
    eval_samples,
    ...(validation_samples === undefined ? {} : { validation_samples }),
    ...(questions === undefined ? {} : { questions }),
    settings,
    // Evaluations load the base in full precision, whatever dtype a run was trained in.
    compute_dtype: 'float32',
  };
}

/**
 * Key of a run: base, data and every setting, independent of its name and location. A setting that runs did not always
 * have is included only where it differs from its default, so that older runs keep their keys.
 */
export async function trainingKey(config: RunConfig, model: ModelRecord, dataset: DatasetRecord): Promise<string> {
  return trainingKeyOn(config, model, await datasetContent(dataset));
}

/** Counterpart of `trainingKey` for many runs on a dataset with known content. */
export function trainingKeyOn(config: RunConfig, model: ModelRecord, content: string): string {
  const settings = Object.entries(keySettings(withKeySchedule(unsplit(config)), firstSettings)).filter(
    ([name]) => !watchingSettings.has(name),
  );
  const references = { model: model.description.fingerprint, dataset: content };
  return keyOf({ ...Object.fromEntries(settings), ...references }).key;
}

/** Settings as a key contains them: younger ones than `first` only off their defaults, so that older keys stay valid. */
export function keySettings(settings: object, first: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).filter(
      ([name, value]) => first.has(name) || canonicalJson(value) !== canonicalJson(Reflect.get(defaultConfig, name)),
    ),
  );
}

/**
 * A run as keys contain it: the rate of an exponential curve matters only where the run has that curve, a setting of CoTo
 * that is younger than the keys only off its default, and a schedule has its first id.
 */
export function withKeySchedule(config: RunConfig): Omit<RunConfig, 'coto'> & { readonly coto: object | null } {
  if (config.coto === null) return config;
  const { rescale, ...coto } = config.coto;
  return {
    ...config,
    coto: {
      ...coto,
      schedule: keyScheduleId(coto.schedule),
      ...(rescale === 'none' ? {} : { rescale }),
      ...(usedSettings(config.coto).has('exponential_rate') ? {} : { exponential_rate: unusedExponentialRate }),
    },
  };
}

/** A run whose batch is split by the machine's memory, as one batch: it is the same run on any machine. */
function unsplit(config: RunConfig): RunConfig {
  if (!config.auto_find_batch_size) return config;
  const effective = config.per_device_train_batch_size * config.gradient_accumulation_steps;
  return { ...config, per_device_train_batch_size: effective, gradient_accumulation_steps: 1 };
}

/** Settings of a run that have no part in which learning rate suits it: the seed, and how and how often it is watched. */
const untunedSettings: ReadonlySet<string> = new Set([
  ...watchingSettings,
  'learning_rate',
  'seed',
  'data_seed',
  'validation_samples',
  'eval_split',
  'eval_samples',
  'eval_steps',
  'logging_steps',
  'save_steps',
  'per_device_eval_batch_size',
  'compute_backend',
]);

/** Key of what a learning rate is tuned for: base, data and every setting of the run but rate, seed and evaluation. */
export async function tuningKey(config: RunConfig, model: ModelRecord, dataset: DatasetRecord): Promise<string> {
  const settings = Object.entries(withKeySchedule(unsplit(config))).filter(
    ([name, value]) =>
      !untunedSettings.has(name) && canonicalJson(value) !== canonicalJson(Reflect.get(defaultConfig, name)),
  );
  const references = { model: model.description.fingerprint, dataset: await datasetContent(dataset) };
  return keyOf({ tuning: 1, ...Object.fromEntries(settings), ...references }).key;
}

function keyOf(value: unknown): ContentKey {
  const content = canonicalJson(value);
  return { key: createHash('sha256').update(content).digest('hex'), content };
}

async function subjectContent(services: Pick<Services, 'home' | 'store'>, subject: Subject): Promise<unknown> {
  switch (subject.kind) {
    case 'trained':
      throw new RangeError(`The training "${subject.training}" was not resolved to an adapter.`);
    case 'adapter': {
      if (!('adapterId' in subject.adapter)) throw new RangeError('A run was not resolved to an adapter.');
      return adapterContent(services, requireAdapter(services.store, subject.adapter.adapterId));
    }
    case 'base':
      return 'base';
    case 'refit':
      return { refit: subject.examples, of: await subjectContent(services, subject.subject) };
    case 'atNorm':
      return {
        norm: await subjectContent(services, subject.of),
        of: await subjectContent(services, subject.subject),
      };
    case 'withHead':
      return {
        head: await subjectContent(services, subject.head),
        of: await subjectContent(services, subject.subject),
      };
    case 'merge': {
      const inputs = [];
      for (const input of subject.inputs)
        inputs.push({ of: await subjectContent(services, input.subject), weight: input.weight });
      const { method, parameters, scale } = subject;
      const content = { merge: method, parameters, inputs, ...(scale === undefined ? {} : { scale }) };
      if (subject.tuning === undefined) return content;
      const datasets = [];
      for (const id of subject.tuning.datasets) datasets.push(await datasetContent(requireDataset(services.store, id)));
      return { ...content, tuning: { datasets, samples: subject.tuning.samples } };
    }
    case 'prune':
      return {
        prune: subject.method,
        parameters: subject.parameters,
        of: await subjectContent(services, subject.subject),
      };
  }
}

/** The tensor file by its hash and PEFT's config by its text; names in the studio are not included. */
async function adapterContent({ home }: Pick<Services, 'home'>, { folder, sha256 }: AdapterRecord): Promise<unknown> {
  const config = await readFile(join(home.absolute(folder), 'adapter_config.json'));
  return { tensors: sha256, config: createHash('sha256').update(config).digest('hex') };
}

/** Canonical JSON with sorted keys: equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
