import { freemem } from 'node:os';
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
import { type AdapterSizes, adapterPresence, adapterSizes } from '../../engine/adapters/presence.ts';
import { resolveTargetModules } from '../../engine/adapters/target-modules.ts';
import { adapterVariant } from '../../engine/adapters/variants/index.ts';
import { scheduleRows } from '../../engine/coto/schedule-rows.ts';
import { familyOf, readConfig } from '../../engine/models/huggingface/model-folder.ts';
import { countSteps } from '../../engine/training/count-steps.ts';
import { optimizerKinds } from '../../engine/training/optimizers/index.ts';
import { peekDataset } from '../library/datasets.ts';
import { peekModel } from '../library/models.ts';
import type { Services } from '../services.ts';
import { checkRun, countTrainExamples } from './check-run.ts';
import { estimateMemory, type MemoryPart } from './estimate-memory.ts';
import { expectedStep } from './measured-step.ts';
import { checkedRun, toYaml } from './run-yaml.ts';
import { groupNames, ranksOf, savedModules, targetConfig } from './target-modules.ts';

/**
 * Estimates the cost of a run. Throws if the config does not fit the model or the data.
 */
export async function estimateRun(services: Services, given: RunConfig): Promise<RequestOutput<'runs.estimate'>> {
  const config = checkedRun(given);
  const model = await peekModel(services, config.model);
  const dataset = await peekDataset(services, config.dataset);
  const { description } = model;
  await checkRun(services, config, model, dataset);
  const targets = resolveTargetModules(targetConfig(config, description), description);
  const sizes = tensorSizes(config, description, dataset, targets);
  const { trained } = sizes;
  const trainExamples = countTrainExamples(config, dataset);
  const totalSteps = countSteps(config, trainExamples);
  const step = expectedStep(services.store, model.id, config);
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
    diskBytes: diskBytes(config, totalSteps, sizes),
    yaml: toYaml(config),
  };
}

/** The adapter in the library and in the checkpoints last and best, those with their optimizer state; and every `save_steps`. */
function diskBytes({ save_steps }: RunConfig, totalSteps: number, { trained, fixed, optimizer }: AdapterSizes): number {
  const bytes = (sizes: readonly number[]) => 4 * sizes.reduce((sum, count) => sum + count, 0);
  const checkpoints = 2 + (save_steps === 0 ? 0 : Math.floor(totalSteps / save_steps));
  const adapter = bytes(trained) + bytes(fixed);
  return adapter + checkpoints * (adapter + bytes(optimizer));
}

/** Time and disk of several runs. Runs that differ in seed or learning rate alone take the same. */
export async function forecastRuns(
  services: Services,
  configs: readonly RunConfig[],
): Promise<RequestOutput<'runs.forecast'>> {
  const known = new Map<string, RequestOutput<'runs.forecast'>>();
  let seconds: number | null = 0;
  let disk = 0;
  for (const config of configs) {
    const key = JSON.stringify({ ...config, seed: 0, learning_rate: 1 });
    const own = known.get(key) ?? (await estimateRun(services, config));
    known.set(key, own);
    seconds = seconds === null || own.seconds === null ? null : seconds + own.seconds;
    disk += own.diskBytes;
  }
  return { seconds, diskBytes: disk };
}

/** Rows of the strip of the schedule, from the input up. */
function rowsOf({ adapter, coto }: RunConfig, targets: readonly LinearModule[]): string[] {
  const groups = groupNames(coto, targets);
  return coto === null ? groups : scheduleRows(coto, groups, ranksOf(adapter, targets));
}

type Labels = Pick<DatasetDescription, 'labels'>;

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
  config: RunConfig,
  model: ModelDescription,
  dataset: Labels,
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
  dataset: Labels,
): Promise<MemoryPart[]> {
  const targets = resolveTargetModules(targetConfig(config, model.description), model.description);
  return memoryParts(services, config, model, dataset, targets);
}

/** Memory of a training step on the compute backend that the run would use. */
async function memoryParts(
  services: Services,
  config: RunConfig,
  { description, path }: Pick<ModelRecord, 'description' | 'path'>,
  dataset: Labels,
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
