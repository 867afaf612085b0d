import { type RunConfig, type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { canonicalJson } from '../library/content-keys.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import { requireModel } from '../library/models/models.ts';
import type { Services } from '../services/services.ts';
import { memoryRoomOn } from './memory-room.ts';
import { costsOf, expectedBackend } from './planned-costs.ts';

/** Parts of the memory that runs training together share. */
const commonParts: ReadonlySet<string> = new Set(['program', 'weights']);

/** Runs in one pass, at most: beyond, a pass gains nothing, and an interruption costs more. */
export const maxRuns = 8;
/** Share of the free memory that a group may take: the estimate leaves out what libraries hold. */
const usableShare = 0.75;

/** Settings in which runs that share a pass agree. Everything else may differ: seeds, adapters, CoTo, rates, lengths. */
const sharedSettings: readonly (keyof RunConfig)[] = [
  ...runConfigSchema.keyof().extract(taskSettingsSchema.keyof().options).options,
  'eval_split',
  'validation_samples',
  'per_device_train_batch_size',
  'gradient_accumulation_steps',
  'gradient_checkpointing',
  'activation_dtype',
  'compute_backend',
  'compute_dtype',
];

/** Runs with the same key can be trained together. */
export function togetherKey({ modelId, datasetId, config, checkpoints, facts }: RunRecord): string {
  const resumed = checkpoints.length > 0 ? (facts?.computeDtype ?? null) : null;
  return canonicalJson([modelId, datasetId, resumed, configKey(config)]);
}

/** The part of the key that the settings give. */
export function configKey(config: RunConfig): string {
  return canonicalJson(sharedSettings.map((name) => config[name]));
}

/** Returns the number of runs, from the first on, that fit into memory together; at least one. */
export async function runsThatFit(services: Services, runs: readonly RunRecord[]): Promise<number> {
  const [first] = runs;
  if (first === undefined) return 0;
  const { freeMemoryBytes } = await memoryRoomOn(services, expectedBackend(services, first.config));
  const model = requireModel(services.store, first.modelId);
  const { description } = requireDataset(services.store, first.datasetId);
  const group = runs.slice(0, maxRuns).map(({ config }) => ({ config, model, dataset: description }));
  let bytes = 0;
  for (const [place, { memory }] of (await costsOf(services, group)).entries()) {
    for (const part of memory) if (place === 0 || !commonParts.has(part.part)) bytes += part.bytes;
    if (place > 0 && bytes > usableShare * freeMemoryBytes) return place;
  }
  return Math.min(runs.length, maxRuns);
}
