import { readdirSync, rmSync } from 'node:fs';
import type { Services } from '../services.ts';

/** Folder names of `newAdapterFolder`; anything else in the same place is left alone. */
const ownFolder = /^adapter-[0-9a-f]{10}$/;

/**
 * Removes adapter folders without a database row, left by a job that was killed between writing and registering an
 * adapter. Called at startup, when nothing is being written.
 */
export function removeStrayAdapters({ home, store, log }: Pick<Services, 'home' | 'store' | 'log'>): void {
  for (const entry of readdirSync(home.absolute('adapters'), { withFileTypes: true })) {
    if (!entry.isDirectory() || !ownFolder.test(entry.name) || store.adapters.has(entry.name)) continue;
    rmSync(home.absolute('adapters', entry.name), { recursive: true, force: true });
    log.info({ folder: entry.name }, 'removed an unregistered adapter');
  }
}
