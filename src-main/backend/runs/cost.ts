import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import {
  comparesWithTexts,
  type LinearModule,
  labelHead,
  type ModelDescription,
  scoreHead,
  withTaskHead,
} from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { MemoryNeed } from '../../../src-shared/results/memory-verdict.ts';
import {
  type AdapterSizes,
  adapterMemory,
  adapterSizes,
  adapterVariant,
  resolveTargetModules,
  tokenRowSizes,
} from '../../engine/api/adapters.ts';
import { familyOf, type ModelConfigFile, readConfig } from '../../engine/api/models.ts';
import { classTextSize, exampleCounts, resolveTask } from '../../engine/api/tasks.ts';
import { countSteps, optimizerKinds, scheduleRows } from '../../engine/api/training.ts';
import type { RunCost } from '../reading/run-schemas.ts';
import { countTrainExamples, type PlannedRun } from './check-config.ts';
import { estimateMemory, largestTensorBytes, type StepShape, weightsStayEncoded } from './estimate-memory.ts';
import { groupNames, ranksOf, savedModules, targetConfig } from './target-modules.ts';

export interface CostedRun extends Omit<PlannedRun, 'seedFolder'> {
  /** The compute backend on which it would train. */
  readonly backend: ComputeId;
}

/** Estimates the cost of a run that `checkConfig` has nothing against. */
export async function costOf(run: CostedRun): Promise<RunCost> {
  const { config, dataset, backend } = run;
  const { description, targets, sizes, headTask } = adapterOf(run);
  const model = { ...run.model, description };
  const trainExamples = countTrainExamples(config, description, dataset);
  const totalSteps = countSteps(config, trainExamples);
  return {
    trainableParameters: sizes.trained.reduce((sum, count) => sum + count, 0),
    totalSteps,
    groups: rowsOf(config, targets),
    targetModules: targets.map((module) => module.name),
    trainExamples,
    ...stepMemory(
      { config, model, dataset, backend },
      await readConfig(model.path),
      { targets, sizes },
      headTask !== null && headTask !== scoreHead.task,
    ),
    diskBytes: diskBytes(config, totalSteps, sizes),
  };
}

/** Bytes of the tensors that a run's adapter has, with what stands below it, as float32. */
export function adapterBytes(run: Pick<StepOfRun, 'config' | 'backend'> & AdapterOfRun): number {
  const { sizes } = adapterOf(run);
  return float32Bytes(sizes.trained) + float32Bytes(sizes.fixed);
}

interface AdapterOfRun {
  readonly model: Pick<CostedRun['model'], 'description'>;
  readonly dataset: DatasetDescription;
}

/** The modules that a run adapts, with the sizes of its tensors. */
function adapterOf({ config, model, dataset, backend }: Pick<StepOfRun, 'config' | 'backend'> & AdapterOfRun) {
  const columns = dataset.text?.columns ?? null;
  const { declaration } = resolveTask({ task: config.task, model: model.description, columns });
  const headTask = declaration.taskType ?? null;
  const description = withTaskHead(model.description, headTask);
  const targets = resolveTargetModules(targetConfig(config, description), description);
  const sizes = tensorSizes({ config, description, dataset, backend }, targets);
  return { description, targets, sizes, headTask };
}

function float32Bytes(sizes: readonly number[]): number {
  return 4 * sizes.reduce((sum, count) => sum + count, 0);
}

/** The adapter in the library and in the checkpoints last and best, those with their optimizer state; and every `save_steps`. */
function diskBytes({ save_steps }: RunConfig, totalSteps: number, { trained, fixed, optimizer }: AdapterSizes): number {
  const checkpoints = 2 + (save_steps === 0 ? 0 : Math.floor(totalSteps / save_steps));
  const adapter = float32Bytes(trained) + float32Bytes(fixed);
  return adapter + checkpoints * (adapter + float32Bytes(optimizer));
}

/** Rows of the strip of the schedule, from the input up. */
function rowsOf({ adapter, coto }: RunConfig, targets: readonly LinearModule[]): string[] {
  const groups = groupNames(coto, targets);
  return coto === null ? groups : scheduleRows(coto, groups, ranksOf(adapter, targets));
}

type Labels = Pick<DatasetDescription, 'labels'> & Partial<Pick<DatasetDescription, 'text'>>;

/** Outputs of a new head: one per class or label, or a single value. */
function outputsOf({ labels }: Labels): number {
  return Math.max(1, labels.length);
}

/** Tokens of the longest text in a step. */
function tokensOf({ max_length }: RunConfig, { text }: ModelDescription): number | undefined {
  return text === null ? undefined : Math.min(max_length, text.maxPositions);
}

/** Number of values of each tensor of the adapters and of each saved module. */
function tensorSizes(
  {
    config,
    description: model,
    dataset,
    backend,
  }: Pick<StepOfRun, 'config' | 'dataset' | 'backend'> & { readonly description: ModelDescription },
  targets: readonly LinearModule[],
): AdapterSizes {
  const { variant, parameters } = config.adapter;
  const moments = optimizerKinds[config.optim].moments(config);
  const onEncoded = weightsStayEncoded(model, backend, hasHalfProducts(config));
  const kind = adapterVariant(variant);
  const { trained, fixed, optimizer } = adapterSizes(kind, parameters, targets, moments, onEncoded);
  const whole = savedModules(config, model).flatMap((module) => {
    // A head has as many rows as the dataset has labels.
    const rows = module === labelHead(model) ? outputsOf(dataset) : module.outFeatures;
    return module.hasBias ? [rows * module.inFeatures, rows] : [rows * module.inFeatures];
  });
  whole.push(...tokenRowSizes(config.adapter.trainable_token_indices, model));
  const keptOfWhole = Array.from({ length: moments }, () => whole).flat();
  return { trained: [...trained, ...whole], fixed, optimizer: [...optimizer, ...keptOfWhole] };
}

function hasHalfProducts({ compute_dtype }: RunConfig): boolean {
  return compute_dtype === 'bfloat16' || compute_dtype === 'float16';
}

/** The variant's parameters, with the dropout that the schedule brings. */
function trainedParameters({ adapter, coto }: RunConfig): ParameterValues {
  const name = adapterVariant(adapter.variant).inputDropout;
  const drops = coto !== null && schedules[coto.schedule].unit === 'input' && name !== null;
  return drops ? { ...adapter.parameters, [name]: 0.5 } : adapter.parameters;
}

type StepOfRun = Omit<CostedRun, 'dataset'> & { readonly dataset: Labels };

/** Memory of a training step on the compute backend that the run would use. */
export async function memoryOf(run: StepOfRun): Promise<MemoryNeed> {
  const { config, dataset } = run;
  const { description, path } = run.model;
  const targets = resolveTargetModules(targetConfig(config, description), description);
  const sizes = tensorSizes({ config, description, dataset, backend: run.backend }, targets);
  return stepMemory(run, await readConfig(path), { targets, sizes });
}

/**
 * @param file the model's config.json
 * @param ofTokens whether the head has outputs for each token
 */
function stepMemory(
  { config, model: { description }, dataset, backend }: StepOfRun,
  file: ModelConfigFile,
  { targets, sizes }: { readonly targets: readonly LinearModule[]; readonly sizes: AdapterSizes },
  ofTokens = false,
): MemoryNeed {
  const { variant } = config.adapter;
  const tokens = tokensOf(config, description);
  const classTexts = comparesWithTexts(description) ? classTextSize(dataset.labels, config) : null;
  const longest = classTexts && Math.min(classTexts.tokens, tokens ?? classTexts.tokens);
  const shape: StepShape = {
    description,
    memory: familyOf(file).memory(file, {
      tokens: longest ?? tokens,
      ofTokens,
      texts: classTexts?.texts,
      targetTokens: config.max_target_length,
      image: description.image,
    }),
    adapters: adapterMemory(adapterVariant(variant), trainedParameters(config), targets, config.coto !== null),
    ...sizes,
    outputs: outputsOf(dataset),
    batch: config.per_device_train_batch_size * exampleCounts(config, description, dataset.text?.columns).rowsOfExample,
    gradientCheckpointing: config.gradient_checkpointing,
    halvedStates: config.activation_dtype === 'bfloat16',
    halfProducts: hasHalfProducts(config),
    int8Products: config.compute_dtype === 'int8',
    backend,
  };
  return { memory: estimateMemory(shape), tensorBytes: largestTensorBytes(shape) };
}
