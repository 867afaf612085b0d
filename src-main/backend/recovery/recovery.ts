import type { RecoveryWay } from '../../../src-shared/contract/recovery-way.ts';
import { restoreBackup } from '../../store/restore-backup.ts';
import type { Home } from '../home/home.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Adopted } from './adopt-folders.ts';
import type { RestoredRecords } from './restore-records.ts';
import { Aside, type Recovery } from './set-aside.ts';

export type { Recovery } from './set-aside.ts';

/** Result of the recovery. */
export interface Recovered {
  readonly way: RecoveryWay;
  readonly backupAt: number | null;
  /** Records added from folders that no row named. */
  readonly added: Adopted & RestoredRecords;
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
  // Imported on demand: it reads files of every kind, which few starts need.
  const { adoptFolders } = await import('./adopt-folders.ts');
  const { restoreEdits, restoreRecords } = await import('./restore-records.ts');
  const records = await restoreRecords(services, recovery);
  const added = { ...(await adoptFolders(services, recovery)), ...records };
  await restoreEdits(services);
  // The files are of another state of the database.
  services.store.recordChanges.listAll();
  const { aside, backupAt, skipped } = recovery;
  return {
    way: backupAt === null ? 'rebuild' : 'restore',
    backupAt,
    added,
    skipped,
    aside: aside.folder,
  };
}
