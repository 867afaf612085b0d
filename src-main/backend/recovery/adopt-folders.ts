import type { HandlerServices } from '../jobs/handler-services.ts';
import { adoptAdapters } from './adopt-adapters.ts';
import { adoptModels } from './adopt-models.ts';
import { adoptReports } from './adopt-reports.ts';
import { adoptRuns } from './adopt-runs.ts';
import { reconcileRuns } from './reconcile-runs.ts';
import type { Adoption } from './set-aside.ts';

/** Numbers of folders added, by kind. */
export interface Adopted {
  readonly models: number;
  readonly runs: number;
  readonly adapters: number;
  readonly reports: number;
}

/** Adds the folders in the home that no row names. */
export async function adoptFolders(services: HandlerServices, adoption: Adoption): Promise<Adopted> {
  // Each needs those before: an adapter its base and the run that made it.
  const models = await adoptModels(services, adoption);
  const runs = await adoptRuns(services, adoption);
  // Their checkpoints, and the history that goes with those.
  await reconcileRuns(services);
  const adapters = await adoptAdapters(services, adoption);
  return { models, runs, adapters, reports: await adoptReports(services, adoption) };
}
