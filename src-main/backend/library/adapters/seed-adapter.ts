import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { AdapterReference } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { Services } from '../../services/services.ts';
import { resolveReference } from './adapters.ts';

type Parts = Pick<Services, 'home' | 'store'>;

/** Resolves `init_adapter`: an adapter, or the adapter of a run that may still be training. Null if there is none. */
export function seedReference(store: Services['store'], { adapter }: RunConfig): AdapterReference | null {
  const { init_adapter: id } = adapter;
  if (id === null) return null;
  if (store.adapters.find(id) !== null) return { adapterId: id };
  return store.runs.find(id) === null ? null : { runId: id };
}

function requireSeed(store: Services['store'], config: RunConfig): AdapterReference | null {
  const { init_adapter: id } = config.adapter;
  const reference = seedReference(store, config);
  if (id === null || reference !== null) return reference;
  throw new StudioError(
    'not_found',
    `init_adapter: there is neither an adapter nor a run "${id}" in the studio.`,
    'Give the id of an adapter (coto adapters list), or of the run that makes it.',
  ).at('adapter.init_adapter');
}

/** The job that makes the seed, if it has not ended: the run waits for it. */
export function seedJobs(store: Services['store'], config: RunConfig): string[] {
  const reference = seedReference(store, config);
  if (reference === null || !('runId' in reference) || store.runs.find(reference.runId)?.adapterId !== null) return [];
  const job = store.jobs.findOfSubject(reference.runId);
  return job === null ? [] : [job.id];
}

/** The seed's PEFT folder. @throws StudioError refused where its run has made none, or where its base is another */
export function seedDirectory({ home, store }: Parts, config: RunConfig, modelId: string): string | undefined {
  const reference = requireSeed(store, config);
  if (reference === null) return undefined;
  const adapter = resolveReference(store, reference);
  requireBase(adapter, modelId);
  return home.absolute(adapter.folder);
}

/** The folder of the seed, to be compared with the run before it is queued; null: none, or one that is still training. */
export function seedToCheck(parts: Parts, config: RunConfig, modelId: string): string | null {
  const { store } = parts;
  const reference = requireSeed(store, config);
  if (reference === null || ('runId' in reference && store.runs.find(reference.runId)?.adapterId === null)) return null;
  return seedDirectory(parts, config, modelId) ?? null;
}

function requireBase({ name, modelId }: AdapterRecord, wanted: string): void {
  if (modelId === wanted) return;
  throw new StudioError(
    'refused',
    `init_adapter: the base of "${name}" is ${modelId ?? 'not in the studio'}, and the run's is ${wanted}.`,
    'Choose an adapter of the same base.',
  ).at('adapter.init_adapter');
}
