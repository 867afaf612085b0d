import { freemem } from 'node:os';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import type { ComputeId } from '../../../src-shared/domain/catalog.ts';
import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';
import {
  type LinearModule,
  labelHead,
  type ModelDescription,
  type ModelRecord,
} from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { requireEmbedding } from '../../engine/adapters/device-adapter.ts';
import { savedByDefault } from '../../engine/adapters/fresh-adapter.ts';
import { checkStarts } from '../../engine/adapters/initializations/start-modules.ts';
import { type AdapterSizes, adapterPresence, adapterSizes } from '../../engine/adapters/presence.ts';
import { isSavedBy, resolveTargetModules } from '../../engine/adapters/target-modules.ts';
import { adapterVariant } from '../../engine/adapters/variants/index.ts';
import { checkSchedule, scheduleRows } from '../../engine/coto/schedule-rows.ts';
import { checkEvaluationSplit, heldPerClass } from '../../engine/data/held-out.ts';
import { familyOf, readConfig } from '../../engine/models/huggingface/model-folder.ts';
import { checkGrouping, checkSampleCounts } from '../../engine/tasks/chosen-examples.ts';
import { requireTask } from '../../engine/tasks/index.ts';
import { refuseEmptyTemplate } from '../../engine/tasks/text/prompt-writer.ts';
import { criterionOf } from '../../engine/training/best-evaluation.ts';
import { checkTraining } from '../../engine/training/check-training.ts';
import { optimizerKinds } from '../../engine/training/optimizers/index.ts';
import { countSteps, trainingPlan } from '../../engine/training/training-run.ts';
import { peekDataset } from '../library/datasets.ts';
import { peekModel } from '../library/models.ts';
import type { Services } from '../services.ts';
import { estimateMemory, type MemoryPart } from './estimate-memory.ts';
import { measuredStep } from './measured-step.ts';
import { checkedRun, toYaml } from './run-yaml.ts';

/**
 * Estimates the cost of a run. Throws if the config does not fit the model or the data.
 */
export async function estimateRun(services: Services, given: RunConfig): Promise<RequestOutput<'runs.estimate'>> {
  const config = checkedRun(given);
  const model = await peekModel(services, config.model);
  const dataset = await peekDataset(services, config.dataset);
  const { description } = model;
  const task = requireTask(config.task, description, dataset);
  checkGrouping(config, task);
  criterionOf(config, task, task.metrics(dataset, config));
  const targets = resolveTargetModules(targetConfig(config, description), description);
  requireAdaptable(config, targets);
  const { trained } = tensorSizes(config, description, dataset, targets);
  const trainExamples = countTrainExamples(config, dataset);
  const totalSteps = countSteps(config, trainExamples);
  requireTrainable(config, totalSteps);
  const step = measuredStep(services.store.runs.list(false), model.id, config);
  return {
    trainableParameters: trained.reduce((sum, count) => sum + count, 0),
    totalParameters: description.parameterCount,
    totalSteps,
    groups: rowsOf(config, targets),
    targetModules: targets.map((module) => module.name),
    trainExamples,
    memory: await memoryParts(services, config, model, dataset, targets),
    freeMemoryBytes: freemem(),
    stepMilliseconds: step?.milliseconds ?? null,
    stepOfSameAdapter: step?.ofSameAdapter ?? false,
    seconds: step === null ? null : (step.milliseconds * totalSteps) / 1000,
    yaml: toYaml(config),
  };
}

/**
 * Throws what the engine would refuse, before the run is queued: a `config` that does not fit the model or the data.
 */
export function checkRun(config: RunConfig, model: ModelDescription, dataset: DatasetDescription): void {
  const task = requireTask(config.task, model, dataset);
  checkGrouping(config, task);
  criterionOf(config, task, task.metrics(dataset, config));
  refuseEmptyTemplate(config);
  requireAdaptable(config, resolveTargetModules(targetConfig(config, model), model));
  requireTrainable(config, countSteps(config, countTrainExamples(config, dataset)));
  if (config.eval_split === 'validation') return;
  if (!dataset.splits.some((split) => split.name === 'test' && split.exampleCount > 0))
    throw new StudioError(
      'invalid_input',
      'The dataset has no test examples to score the run on.',
      'Add a test split, or hold out training examples: eval_split validation with validation_samples.',
    );
}

/** @throws StudioError where the variant or its start cannot adapt a target, or the schedule does not fit. */
function requireAdaptable({ adapter, coto }: RunConfig, targets: readonly LinearModule[]): void {
  const variant = adapterVariant(adapter.variant);
  for (const module of targets) if (module.kind === 'embedding') requireEmbedding(variant, module);
  const { parameters } = adapter;
  const initialization = variant.initialization?.(parameters);
  if (initialization) checkStarts({ variant, parameters, initialization }, targets);
  checkSchedule(coto, variant, parameters, { groups: groupNames(coto, targets), ranks: ranksOf(adapter, targets) });
}

function ranksOf({ variant, parameters }: RunConfig['adapter'], targets: readonly LinearModule[]): (number | null)[] {
  const { strength } = adapterVariant(variant);
  return targets.map(({ name, aliases }) => strength(parameters, [name, ...aliases]).rank);
}

/** Rows of the strip of the schedule, from the input up. */
function rowsOf({ adapter, coto }: RunConfig, targets: readonly LinearModule[]): string[] {
  const groups = groupNames(coto, targets);
  return coto === null ? groups : scheduleRows(coto, groups, ranksOf(adapter, targets));
}

/** @throws StudioError where the variant cannot be trained so. */
function requireTrainable(config: RunConfig, totalSteps: number): void {
  const { variant, parameters } = config.adapter;
  checkTraining(adapterVariant(variant), trainingPlan(config, totalSteps), parameters);
}

function countTrainExamples(config: RunConfig, { splits, labels, text }: DatasetDescription): number {
  const train = splits.find((split) => split.name === 'train');
  if (train === undefined || train.exampleCount === 0)
    throw new StudioError('invalid_input', 'The dataset has no training examples.', 'Add a training split.');
  const { train_samples_per_class: perClass, max_train_samples: most, validation_samples: validation } = config;
  checkSampleCounts(config);
  checkEvaluationSplit(config);
  const hasClasses = labels.length > 0 && text?.labelKind !== 'sets';
  const ofClass = hasClasses ? train.perLabel : [train.exampleCount];
  const held = validation === 0 ? [] : heldPerClass(ofClass, validation);
  if (perClass === 0) {
    const left = train.exampleCount - validation;
    return most === 0 ? left : Math.min(most, left);
  }
  if (!hasClasses)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass}, but the examples have no classes.`,
      'Set it to 0 for all examples, or set max_train_samples instead.',
    );
  const lefts = ofClass.map((count, label) => count - (held[label] ?? 0));
  const short = lefts.findIndex((count) => count < perClass);
  if (short >= 0)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass}, but the class ${labels[short] ?? short} has ${lefts[short]} training examples${validation === 0 ? '' : ' beside those held out'}.`,
      `Choose at most ${Math.min(...lefts)}, or 0 for all examples.`,
    );
  return perClass * labels.length;
}

/** Outputs of a new head: one per class or label, or a single value. */
function outputsOf({ labels }: DatasetDescription): number {
  return Math.max(1, labels.length);
}

/** Tokens of the longest text in a step. */
function tokensOf({ max_length }: RunConfig, { text }: ModelDescription): number | undefined {
  return text === null ? undefined : Math.min(max_length, text.maxPositions);
}

/** Modules trained in full: modules_to_save, by default the head of a classifier. */
export function savedModules(config: RunConfig, description: ModelDescription): LinearModule[] {
  const entries = config.adapter.modules_to_save ?? savedByDefault(description, true);
  return description.linears.filter((module) =>
    entries.some((entry) => [module.name, ...module.aliases].some((name) => isSavedBy(name, entry))),
  );
}

/** The settings that select the modules that a run adapts. */
export function targetConfig(config: RunConfig, description: ModelDescription) {
  return { ...config.adapter, modules_to_save: savedModules(config, description).map((module) => module.name) };
}

/** Number of values of each tensor of the adapters and of each saved module. */
function tensorSizes(
  config: RunConfig,
  model: ModelDescription,
  dataset: DatasetDescription,
  targets: readonly LinearModule[],
): AdapterSizes {
  const { variant, parameters } = config.adapter;
  const moments = optimizerKinds[config.optim].moments(config);
  const { trained, fixed, optimizer } = adapterSizes(adapterVariant(variant), parameters, targets, moments);
  const whole = savedModules(config, model).flatMap((module) => {
    // A head has as many rows as the dataset has labels.
    const rows = module === labelHead(model) ? outputsOf(dataset) : module.outFeatures;
    return module.hasBias ? [rows * module.inFeatures, rows] : [rows * module.inFeatures];
  });
  const keptOfWhole = Array.from({ length: moments }, () => whole).flat();
  return { trained: [...trained, ...whole], fixed, optimizer: [...optimizer, ...keptOfWhole] };
}

function groupNames(coto: RunConfig['coto'], targets: readonly LinearModule[]): string[] {
  const names = targets
    .filter((module) => module.layer !== null)
    .map((module) => (coto?.granularity === 'module' ? module.name : `layers.${module.layer}`));
  return [...new Set(names)];
}

/** The compute backend that the run would use now; wasm, which always works, before the first probe. */
export function expectedBackend(services: Services, config: RunConfig): ComputeId {
  const settings = services.store.settings.get().compute_backend;
  const choice = config.compute_backend === 'auto' ? settings : config.compute_backend;
  if (choice !== 'auto') return choice;
  return services.engine.backends(choice)?.find((report) => report.chosen)?.id ?? 'wasm';
}

/** The variant's parameters, with the dropout that the schedule brings. */
function trainedParameters({ adapter, coto }: RunConfig): ParameterValues {
  const name = adapterVariant(adapter.variant).inputDropout;
  const drops = coto !== null && schedules[coto.schedule].unit === 'input' && name !== null;
  return drops ? { ...adapter.parameters, [name]: 0.5 } : adapter.parameters;
}

/** Memory of a training step of a run, by part. */
export function memoryOfRun(
  services: Services,
  config: RunConfig,
  model: Pick<ModelRecord, 'description' | 'path'>,
  dataset: DatasetDescription,
): Promise<MemoryPart[]> {
  const targets = resolveTargetModules(targetConfig(config, model.description), model.description);
  return memoryParts(services, config, model, dataset, targets);
}

/** Memory of a training step on the compute backend that the run would use. */
async function memoryParts(
  services: Services,
  config: RunConfig,
  { description, path }: Pick<ModelRecord, 'description' | 'path'>,
  dataset: DatasetDescription,
  targets: readonly LinearModule[],
): Promise<MemoryPart[]> {
  const file = await readConfig(path);
  const { variant } = config.adapter;
  return estimateMemory({
    description,
    memory: familyOf(file).memory(file, tokensOf(config, description)),
    adapters: adapterPresence(adapterVariant(variant), trainedParameters(config), targets, config.coto !== null),
    ...tensorSizes(config, description, dataset, targets),
    outputs: outputsOf(dataset),
    batch: config.per_device_train_batch_size,
    gradientCheckpointing: config.gradient_checkpointing,
    bfloat16: config.compute_dtype === 'bfloat16',
    backend: expectedBackend(services, config),
  });
}
