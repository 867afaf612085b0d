import type { ComputeId } from '../../../src-shared/domain/app/catalog.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { millisecondsForRuns } from '../reading/limits.ts';
import type { RunCost } from '../reading/run-schemas.ts';
import type { Services } from '../services/services.ts';
import { sharedParts } from './check-run.ts';

/** Returns the costs of checked runs on their compute backends. */
export async function costsOf(
  services: Services,
  runs: readonly {
    config: RunConfig;
    model: Pick<ModelRecord, 'id' | 'path' | 'description'>;
    dataset: DatasetDescription;
  }[],
): Promise<RunCost[]> {
  const planned = runs.map((run) => ({ ...run, backend: expectedBackend(services, run.config) }));
  return services.reader.read('costs', sharedParts(planned), { milliseconds: millisecondsForRuns(runs.length) });
}

/** The compute backend that the run would use now; wasm, which always works, before the first probe. */
export function expectedBackend(services: Services, config: RunConfig): ComputeId {
  return config.compute_backend === 'auto' ? backendChosenNow(services) : config.compute_backend;
}

/** The one of a run that leaves the choice open. */
export function backendChosenNow(services: Services): ComputeId {
  const choice = services.store.settings.get().compute_backend;
  if (choice !== 'auto') return choice;
  return services.engine.backends(choice)?.find((report) => report.chosen)?.id ?? 'wasm';
}
