import { freemem } from 'node:os';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../src-shared/contract/requests.ts';
import type { DatasetDescription } from '../../src-shared/domain/dataset.ts';
import type { LinearModule, ModelDescription, ModelRecord } from '../../src-shared/domain/model.ts';
import type { RunConfig, RunRecord } from '../../src-shared/domain/run.ts';
import { readConfig } from '../engine/formats/hf-model.ts';
import { patternValue } from '../engine/lora/patterns.ts';
import { endsWithEntry, resolveTargetModules } from '../engine/lora/target-modules.ts';
import { parseVitConfig } from '../engine/models/vit-config.ts';
import { countSteps } from '../engine/training/training-run.ts';
import { peekDataset } from './library/datasets.ts';
import { peekModel } from './library/models.ts';
import { toYaml } from './run-yaml.ts';
import type { Services } from './services.ts';

const bytesPerFloat = 4;

/** What the run of `config` would cost, without running it. Throws where the config does not fit the model or the data. */
export async function forecastRun(services: Services, config: RunConfig): Promise<RequestOutput<'runs.forecast'>> {
  const model = await peekModel(services, config.model);
  const dataset = await peekDataset(services, config.dataset);
  const { description } = model;
  const targets = resolveTargetModules(targetConfig(config, description), description);
  const trainableParameters = countTrainable(config, description, dataset, targets);
  const trainExamples = countTrainExamples(config, dataset);
  const totalSteps = countSteps(config, trainExamples);
  const stepMilliseconds = measuredStep(services.store.runs.list(false), model.id, config);
  return {
    trainableParameters,
    totalParameters: description.parameterCount,
    totalSteps,
    groups: groupNames(config, targets),
    targetModules: targets.map((module) => module.name),
    trainExamples,
    memory: await memoryParts(config, model, trainableParameters),
    freeMemoryBytes: freemem(),
    stepMilliseconds,
    seconds: stepMilliseconds === null ? null : (stepMilliseconds * totalSteps) / 1000,
    yaml: toYaml(config),
  };
}

/** Throws where `config` cannot be run on this model and these data: what the engine would refuse, before it is queued. */
export function checkRun(config: RunConfig, model: ModelDescription, dataset: DatasetDescription): void {
  resolveTargetModules(targetConfig(config, model), model);
  countTrainExamples(config, dataset);
  if (!dataset.splits.some((split) => split.name === 'test' && split.exampleCount > 0))
    throw new StudioError(
      'invalid_input',
      'The data set has no test examples to score the run on.',
      'Add a test split.',
    );
}

function countTrainExamples(config: RunConfig, { splits, labels }: DatasetDescription): number {
  const train = splits.find((split) => split.name === 'train');
  if (train === undefined || train.exampleCount === 0)
    throw new StudioError('invalid_input', 'The data set has no training examples.', 'Add a training split.');
  const perClass = config.train_samples_per_class;
  if (perClass === 0) return train.exampleCount;
  const short = train.perLabel.findIndex((count) => count < perClass);
  if (short >= 0)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass}, but the class ${labels[short] ?? short} has ${train.perLabel[short]} training examples.`,
      `Choose at most ${Math.min(...train.perLabel)}, or 0 for all examples.`,
    );
  return perClass * labels.length;
}

/** The modules trained whole: what modules_to_save names, by default the head of a classifier. */
function savedModules(config: RunConfig, { linears, kind }: ModelDescription): LinearModule[] {
  const entries = config.adapter.modules_to_save;
  if (entries === null)
    return kind === 'image-classification' || kind === 'text-classification'
      ? linears.filter((module) => module.isHead)
      : [];
  return linears.filter((module) =>
    entries.some((entry) => [module.name, ...module.aliases].some((name) => endsWithEntry(name, entry))),
  );
}

function targetConfig(config: RunConfig, description: ModelDescription) {
  return { ...config.adapter, modules_to_save: savedModules(config, description).map((module) => module.name) };
}

/** LoRA: r · (in + out) a module; a head trained whole: as many rows as the data set has labels. */
function countTrainable(
  config: RunConfig,
  model: ModelDescription,
  dataset: DatasetDescription,
  targets: readonly LinearModule[],
): number {
  let count = 0;
  for (const module of targets) {
    const names = [module.name, ...module.aliases];
    const rank = patternValue(config.adapter.rank_pattern, names, config.adapter.r, 'rank_pattern');
    count += rank * (module.inFeatures + module.outFeatures);
  }
  for (const module of savedModules(config, model)) {
    const rows = module.isHead ? dataset.labels.length : module.outFeatures;
    count += rows * (module.inFeatures + (module.hasBias ? 1 : 0));
  }
  return count;
}

function groupNames(config: RunConfig, targets: readonly LinearModule[]): string[] {
  const names = targets
    .filter((module) => module.layer !== null)
    .map((module) => (config.coto?.granularity === 'module' ? module.name : `layers.${module.layer}`));
  return [...new Set(names)];
}

/**
 * Bytes at the peak of a training step, by part; float32 throughout.
 *
 * - weights: all parameters once.
 * - adapters n, gradients n, AdamW's two moments 2n, for n trainable parameters.
 * - activations kept for the backward pass, for each layer and each of batch · tokens rows: what every linear gives
 *   (Σ outFeatures), the inputs that are no linear's output (two normalised states, the attended values, the activation
 *   between the two feed-forward linears: 3 · hidden + inner), two residual sums (2 · hidden), and the attention
 *   probabilities (heads · tokens). That is with every layer on: with CoTo, steps whose lowest layers are off need less.
 * - activation gradients: as much again, since tfjs keeps the gradient of every state until the backward pass has ended.
 *
 * Measured on the bundled ViT with tf.profile, batches of 16 to 256: the peak was 9 % above the two together. What a compute
 * backend keeps in reserve is not in it.
 */
async function memoryParts(
  config: RunConfig,
  { description, path }: Pick<ModelRecord, 'description' | 'path'>,
  trainable: number,
): Promise<{ part: string; bytes: number }[]> {
  const { tokens, heads } = await sequenceShape(description, path);
  const rows = config.per_device_train_batch_size * tokens;
  let activations = 0;
  for (let layer = 0; layer < description.layerCount; layer++) {
    const linears = description.linears.filter((module) => module.layer === layer);
    const outputs = linears.reduce((sum, module) => sum + module.outFeatures, 0);
    const inner = Math.max(0, ...linears.map((module) => module.outFeatures));
    activations += rows * (outputs + 5 * description.hiddenSize + inner + heads * tokens);
  }
  const parts = {
    weights: description.parameterCount,
    adapters: trainable,
    gradients: trainable,
    optimizer: 2 * trainable,
    activations,
    'activation gradients': activations,
  };
  return Object.entries(parts).map(([part, floats]) => ({ part, bytes: floats * bytesPerFloat }));
}

/** How many tokens an example has, and how many attention heads look at them. */
async function sequenceShape(description: ModelDescription, path: string): Promise<{ tokens: number; heads: number }> {
  if (description.family !== 'vit')
    throw new StudioError('internal', `The memory forecast does not know the family ${description.family}.`);
  const { tokens, heads } = parseVitConfig(await readConfig(path));
  return { tokens, heads };
}

/** Median over past runs of the same model, batch, targets and use of CoTo of their own median step; null without one. */
export function measuredStep(runs: readonly RunRecord[], modelId: string, config: RunConfig): number | null {
  const times = runs
    .filter((run) => run.result !== null && run.result.medianStepMilliseconds > 0 && run.modelId === modelId)
    .filter((run) => isSameShape(run.config, config))
    .map((run) => run.result?.medianStepMilliseconds ?? 0)
    .sort((left, right) => left - right);
  if (times.length === 0) return null;
  const middle = Math.floor((times.length - 1) / 2);
  return ((times[middle] ?? 0) + (times[Math.ceil((times.length - 1) / 2)] ?? 0)) / 2;
}

function isSameShape(one: RunConfig, other: RunConfig): boolean {
  return (
    one.per_device_train_batch_size === other.per_device_train_batch_size &&
    one.gradient_accumulation_steps === other.gradient_accumulation_steps &&
    JSON.stringify(one.adapter.target_modules) === JSON.stringify(other.adapter.target_modules) &&
    JSON.stringify(one.coto) === JSON.stringify(other.coto) &&
    one.compute_backend === other.compute_backend
  );
}
