import type { HandlerServices } from '../handler-services.ts';
import { adoptAdapters } from '../recovery/adopt-adapters.ts';
import { adoptModels } from '../recovery/adopt-models.ts';
import { adoptReports } from '../recovery/adopt-reports.ts';
import { adoptRuns } from '../recovery/adopt-runs.ts';
import { settleRuns } from './settle-runs.ts';
import { findStrays } from './strays.ts';
import { sweepOutputs } from './sweep-outputs.ts';

/**
 * Makes home and database agree as the home is opened, when nothing is being written: whole folders that no row names are
 * added, and rows that lag behind the folder of their run are put right. What cannot be read is left for the person to delete.
 */
export async function sweepHome(services: HandlerServices): Promise<void> {
  services.store.runs.removeLeftOfImports();
  sweepOutputs(services);
  if (findStrays(services).some(({ kind }) => kind !== 'checkpoint')) {
    const found = { aside: null, skipped: [] };
    // Each needs those before: an adapter its base and the run that made it.
    const models = await adoptModels(services, found);
    const runs = await adoptRuns(services, found);
    const adapters = await adoptAdapters(services, found);
    const reports = adoptReports(services, found);
    services.log.warn(
      { models, runs, adapters, reports, ...found },
      'folders that the database did not know were added',
    );
  }
  await settleRuns(services);
}
