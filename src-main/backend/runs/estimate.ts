import { inField } from '../../../src-shared/contract/errors.ts';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import { rateWeightedShare, unitsOfGroups } from '../../../src-shared/coto/expectation.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { MemoryNeed } from '../../../src-shared/results/memory-verdict.ts';
import { learningRateSchedules, warmupStepCount } from '../../engine/api/training.ts';
import { peekDataset } from '../library/datasets/datasets.ts';
import { peekModel } from '../library/models/models.ts';
import type { RunCost } from '../reading/run-schemas.ts';
import type { Services } from '../services/services.ts';
import { checkRuns } from './check-run.ts';
import { memoryOf } from './cost.ts';
import { expectedStep, type MeasuredStep } from './measured-step.ts';
import { memoryRoomOn } from './memory-room.ts';
import { withMicroBatches } from './micro-batch-split.ts';
import { costsOf, expectedBackend } from './planned-costs.ts';
import { checkedRun, toYaml } from './run-yaml.ts';

/** Estimates the cost of a run. Throws if the config does not fit the model or the data. */
export async function estimateRun(services: Services, given: RunConfig): Promise<RequestOutput<'runs.estimate'>> {
  const asked = checkedRun(given);
  const config = await splitBatch(services, asked);
  const [estimate] = await estimates(services, [config]);
  if (estimate === undefined) throw new Error('a run has no estimate');
  const { cost, step, model } = estimate;
  return {
    ...cost,
    totalParameters: model.description.parameterCount,
    ...(await memoryRoomOn(services, expectedBackend(services, config))),
    stepMilliseconds: step?.milliseconds ?? null,
    stepOfSameAdapter: step?.ofSameAdapter ?? false,
    updateShare: updateShareOf(config, cost),
    seconds: secondsOf({ cost, step }),
    microBatch: {
      size: config.per_device_train_batch_size,
      accumulation: config.gradient_accumulation_steps,
    },
    yaml: toYaml(asked),
  };
}

/** Share of the learning rate that an adapter of the run receives; null without CoTo. */
function updateShareOf(
  config: RunConfig,
  { totalSteps, groups }: Pick<RunCost, 'totalSteps' | 'groups'>,
): number | null {
  const { coto, lr_scheduler_type, warmup_steps } = config;
  if (coto === null || groups.length === 0) return null;
  const length = { warmupSteps: warmupStepCount(warmup_steps, totalSteps), totalSteps };
  const { factor } = learningRateSchedules[lr_scheduler_type];
  return rateWeightedShare(coto, totalSteps, unitsOfGroups(groups), (step) => factor(step, length));
}

/** A run as it would be queued now. */
async function splitBatch(services: Services, config: RunConfig): Promise<RunConfig> {
  if (!config.auto_find_batch_size) return config;
  const model = await inField('model', () => peekModel(services, config.model));
  const dataset = await inField('dataset', () => peekDataset(services, config.dataset));
  await checkRuns(services, [{ config, model, dataset }]);
  return withMicroBatches(services, config, model, dataset);
}

/** Time and disk of several runs. Runs that differ in seed or learning rate alone take the same. */
export async function forecastRuns(
  services: Services,
  configs: readonly RunConfig[],
): Promise<RequestOutput<'runs.forecast'>> {
  const keys = configs.map((config) => JSON.stringify({ ...config, seed: 0, learning_rate: 1 }));
  const distinct = new Map(configs.map((config, place) => [keys[place], checkedRun(config)] as const));
  const known = await estimates(services, [...distinct.values()]);
  const byKey = new Map([...distinct.keys()].map((key, place) => [key, known[place]] as const));
  let seconds: number | null = 0;
  let diskBytes = 0;
  for (const key of keys) {
    const own = byKey.get(key);
    if (own === undefined) continue;
    const ownSeconds = secondsOf(own);
    seconds = seconds === null || ownSeconds === null ? null : seconds + ownSeconds;
    diskBytes += own.cost.diskBytes;
  }
  return { seconds, diskBytes };
}

interface Estimate {
  readonly model: Pick<ModelRecord, 'id' | 'path' | 'description'>;
  readonly cost: RunCost;
  readonly step: MeasuredStep | null;
}

/** Throws if a config does not fit its model or data. */
async function estimates(services: Services, configs: readonly RunConfig[]): Promise<Estimate[]> {
  const models = new Map<string, Estimate['model']>();
  const datasets = new Map<string, DatasetDescription>();
  const runs = [];
  for (const config of configs) {
    const model = models.get(config.model) ?? (await inField('model', () => peekModel(services, config.model)));
    const dataset =
      datasets.get(config.dataset) ?? (await inField('dataset', () => peekDataset(services, config.dataset)));
    models.set(config.model, model);
    datasets.set(config.dataset, dataset);
    runs.push({ config, model, dataset });
  }
  await checkRuns(services, runs);
  const costs = await costsOf(services, runs);
  return runs.flatMap(({ config, model }, place) => {
    const cost = costs[place];
    return cost === undefined ? [] : [{ model, cost, step: expectedStep(services.store, model.id, config) }];
  });
}

function secondsOf({ cost, step }: Pick<Estimate, 'cost' | 'step'>): number | null {
  return step === null ? null : (step.milliseconds * cost.totalSteps) / 1000;
}

/** Memory of a training step of a run; its config is one of the studio's own, since it is not read apart. */
export function memoryOfRun(
  services: Services,
  config: RunConfig,
  model: Pick<ModelRecord, 'description' | 'path'>,
  dataset: Pick<DatasetDescription, 'labels'>,
): Promise<MemoryNeed> {
  return memoryOf({ config, model, dataset, backend: expectedBackend(services, config) });
}
