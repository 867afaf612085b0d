import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { memoryVerdict } from '../../../src-shared/results/memory-verdict.ts';
import type { Services } from '../services/services.ts';
import { memoryRoomOn } from './memory-room.ts';
import { costsOf, expectedBackend } from './planned-costs.ts';

/**
 * A run that lets its batch be split (`auto_find_batch_size`), with the largest micro-batch that is estimated to fit
 * into what the backend can have now, and as many accumulation steps as keep the effective batch. If none fits, single
 * examples. Any other run as it is.
 */
export async function withMicroBatches(
  services: Services,
  config: RunConfig,
  model: Pick<ModelRecord, 'id' | 'path' | 'description'>,
  dataset: DatasetDescription,
): Promise<RunConfig> {
  if (!config.auto_find_batch_size) return config;
  const splits = splitsOf(config.per_device_train_batch_size * config.gradient_accumulation_steps).map((split) => ({
    ...config,
    ...split,
  }));
  const costs = await costsOf(
    services,
    splits.map((split) => ({ config: split, model, dataset })),
  );
  const room = await memoryRoomOn(services, expectedBackend(services, config));
  const fitting = splits.find((_, place) => {
    const cost = costs[place];
    return cost !== undefined && memoryVerdict(cost, room) === 'fits';
  });
  return fitting ?? splits.at(-1) ?? config;
}

/** The split, for the run's log. */
export function splitText(config: Split): string {
  const { per_device_train_batch_size: size, gradient_accumulation_steps: accumulation } = config;
  return `Each step takes ${accumulation} × ${size} examples: the largest micro-batches that are estimated to fit into the free memory.`;
}

type Split = Pick<RunConfig, 'per_device_train_batch_size' | 'gradient_accumulation_steps'>;

/** Every way to split an effective batch into equal micro-batches, the largest micro-batch first. */
function splitsOf(effective: number): Split[] {
  const divisors = new Set<number>();
  for (let divisor = 1; divisor * divisor <= effective; divisor++)
    if (effective % divisor === 0) divisors.add(divisor).add(effective / divisor);
  return [...divisors]
    .sort((a, b) => b - a)
    .map((size) => ({ per_device_train_batch_size: size, gradient_accumulation_steps: effective / size }));
}
