import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { readFacts } from '../library/adapters/adapter-facts.ts';
import { namedBase } from '../library/adapters/find-base.ts';
import { originOf } from '../runs/run-file.ts';
import type { Services } from '../services/services.ts';
import { completeRun } from './adopt-runs.ts';

/** Numbers of records that received their base. */
export interface FilledIn {
  readonly runs: number;
  readonly adapters: number;
}

/**
 * Gives runs and adapters their base that were added without it, e.g. as a home was rebuilt before the model was there again: where
 * run.json, or the adapter's config, name one that the studio has by now. An adapter that was given the only model of its shape
 * meanwhile goes to the one that it was trained on.
 */
export async function fillInBases(services: HandlerServices): Promise<FilledIn> {
  const { store, home, hub } = services;
  let [runs, adapters] = [0, 0];
  for (const run of withoutBase(store)) if (await completeRun(services, run)) runs++;
  for (const adapter of store.adapters.list()) {
    if (home.existing(adapter.folder) === null) continue;
    const found = await baseOf(services, adapter);
    if (found === null || found.model.id === adapter.modelId) continue;
    const { model, run } = found;
    const facts = await readFacts(home.absolute(adapter.folder), model.description);
    const made = run === null ? {} : { origin: originOf(run), datasetId: run.datasetId };
    store.transaction(() => {
      store.adapters.remove(adapter.id);
      store.adapters.insert({ ...adapter, ...facts, ...made, modelId: model.id, foreignBase: null });
    });
    adapters++;
  }
  if (runs > 0) hub.listChanged('runs');
  if (adapters > 0) hub.listChanged('adapters');
  return { runs, adapters };
}

/** Runs of this studio whose folder was added without its model and dataset. */
function withoutBase(store: Services['store']): RunRecord[] {
  return [...store.runs.list(false), ...store.runs.list(true)].filter(
    ({ id, modelId, origin }) => modelId === '' && origin?.run === id,
  );
}

interface Found {
  readonly model: ModelRecord;
  /** Run that trained it. */
  readonly run: RunRecord | null;
}

/** The model that an adapter's run was trained on, or that its folder names; null where that is none, or does not fit. */
async function baseOf({ store, home }: HandlerServices, adapter: AdapterRecord): Promise<Found | null> {
  const made = [...store.runs.list(false), ...store.runs.list(true)].find(({ adapterId }) => adapterId === adapter.id);
  const trainedOn = made === undefined ? null : store.models.find(made.modelId);
  if (made !== undefined && trainedOn !== null) return { model: trainedOn, run: made };
  const folder = home.absolute(adapter.folder);
  try {
    const own = adapter.modelId === null ? null : store.models.find(adapter.modelId);
    const models = store.models.list();
    // Among several equal models, the run's own.
    const model = await namedBase(folder, models, { fingerprintOnly: own !== null });
    if (model === null || model.description.fingerprint === own?.description.fingerprint) return null;
    await readFacts(folder, model.description);
    return { model, run: null };
  } catch (error) {
    if (error instanceof StudioError) return null;
    throw error;
  }
}
