import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { seedToCheck } from '../library/adapters/seed-adapter.ts';
import { millisecondsForRuns } from '../reading/limits.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'home' | 'store' | 'reader'>;
type Base = Pick<ModelRecord, 'id' | 'path' | 'description'>;

/** Throws what the engine would refuse, before the run is queued: a `config` that does not fit the model or the data. */
export async function checkRun(
  parts: Parts,
  config: RunConfig,
  model: Base,
  dataset: DatasetDescription,
): Promise<void> {
  await checkRuns(parts, [{ config, model, dataset }]);
}

/** Counterpart of `checkRun` with one time limit for all: throws the error of the first that does not fit. */
export async function checkRuns(
  parts: Parts,
  runs: readonly { readonly config: RunConfig; readonly model: Base; readonly dataset: DatasetDescription }[],
): Promise<void> {
  const planned = runs.map((run) => ({ ...run, seedFolder: seedToCheck(parts, run.config, run.model.id) }));
  await parts.reader.read('checkRuns', sharedParts(planned), { milliseconds: millisecondsForRuns(runs.length) });
}

/** Models and datasets once each: hundreds of runs of a study have the same. */
export function sharedParts<Run extends { readonly model: Base; readonly dataset: DatasetDescription }>(
  runs: readonly Run[],
) {
  const models = new Map<Base, number>();
  const datasets = new Map<DatasetDescription, number>();
  const placed = runs.map(({ model, dataset, ...run }) => ({
    ...run,
    model: placeOf(models, model),
    dataset: placeOf(datasets, dataset),
  }));
  return {
    models: [...models.keys()].map(({ path, description }) => ({ path, description })),
    datasets: [...datasets.keys()],
    runs: placed,
  };
}

function placeOf<Item>(places: Map<Item, number>, item: Item): number {
  const place = places.get(item) ?? places.size;
  places.set(item, place);
  return place;
}
