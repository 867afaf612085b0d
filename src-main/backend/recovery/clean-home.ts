import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { linkText } from '../../files/below.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { cleanOutputs } from './clean-outputs.ts';
import { findLinks, findOrphans } from './orphans.ts';
import { reconcileRuns } from './reconcile-runs.ts';

/**
 * Makes home and database agree as the home is opened, when nothing is being written: whole folders that no row names
 * are added, and rows that lag behind the folder of their run are put right. Unreadable folders are left for the user
 * to delete.
 * @returns one sentence for each link in the home's folders, which is skipped
 */
export async function cleanHome(services: HandlerServices): Promise<string[]> {
  const { store, home, log } = services;
  store.runs.removeLeftOfImports();
  cleanOutputs(services);
  removeCompiled(services);
  if (findOrphans(services).some(({ kind }) => kind !== 'checkpoint')) {
    const found = { aside: null, skipped: [] };
    // Imported on demand: it reads files of every kind, which few starts need.
    const { adoptFolders } = await import('./adopt-folders.ts');
    const adopted = await adoptFolders(services, found);
    log.warn({ ...adopted, ...found }, 'folders that the database did not know were added');
  } else await reconcileRuns(services);
  const links = findLinks(services).map((path) => linkText(home.path, path));
  for (const message of links) log.warn({ message }, 'a link in the home was skipped');
  return links;
}

/** Removes the compiled code that earlier versions kept in the home. Nothing runs it; one that cannot be removed stays. */
function removeCompiled({ home, log }: HandlerServices): void {
  try {
    rmSync(join(home.absolute('cache'), 'compiled'), { recursive: true, force: true });
  } catch (error) {
    log.warn({ err: error }, 'cache/compiled could not be removed');
  }
}
