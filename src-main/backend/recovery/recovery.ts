import type { RecoveryWay } from '../../../src-shared/contract/recovery-way.ts';
import { restoreBackup } from '../../store/restore-backup.ts';
import type { HandlerServices } from '../handler-services.ts';
import { settleRuns } from '../home/settle-runs.ts';
import type { Home } from '../home.ts';
import { adoptAdapters } from './adopt-adapters.ts';
import { adoptModels } from './adopt-models.ts';
import { adoptReports } from './adopt-reports.ts';
import { adoptRuns } from './adopt-runs.ts';
import { Aside, type Recovery } from './set-aside.ts';

export type { Recovery } from './set-aside.ts';

/** What came of it. */
export interface Recovered {
  readonly way: RecoveryWay;
  readonly backupAt: number | null;
  /** What was added from folders that no row named. */
  readonly added: {
    readonly models: number;
    readonly runs: number;
    readonly adapters: number;
    readonly reports: number;
  };
  readonly skipped: readonly string[];
  /** The damaged files. */
  readonly aside: string;
}

/** Before the database is opened: puts it aside, and a backup in its place. @throws StudioError if there is none */
export function beginRecovery(home: Home, way: RecoveryWay): Recovery {
  const aside = new Aside(home.path);
  const moveAway = () => aside.moveDatabase(home.database);
  if (way === 'restore')
    return { aside, backupAt: restoreBackup(home.backups, home.database, moveAway).at, skipped: [] };
  moveAway();
  return { aside, backupAt: null, skipped: [] };
}

/** After it is opened, with the bundled models and datasets: adds the folders that it does not know. */
export async function finishRecovery(services: HandlerServices, recovery: Recovery): Promise<Recovered> {
  // Each needs those before: an adapter its base and the run that made it.
  const models = await adoptModels(services, recovery);
  const runs = await adoptRuns(services, recovery);
  // Their checkpoints, and the history that goes with those.
  await settleRuns(services);
  const adapters = await adoptAdapters(services, recovery);
  const reports = adoptReports(services, recovery);
  const { aside, backupAt, skipped } = recovery;
  return {
    way: backupAt === null ? 'rebuild' : 'restore',
    backupAt,
    added: { models, runs, adapters, reports },
    skipped,
    aside: aside.folder,
  };
}
