import { readdirSync, rmSync } from 'node:fs';
import type { Services } from '../services.ts';

/** Folders that `newAdapterFolder` names; whatever else a person puts beside them is left alone. */
const ownFolder = /^adapter-[0-9a-f]{10}$/;

/**
 * Removes adapters that no row names: a job that writes one and then scores it lists it last, and may have been killed in
 * between. Nothing is being written when this is called, at the start.
 */
export function removeStrayAdapters({ home, store, log }: Pick<Services, 'home' | 'store' | 'log'>): void {
  for (const entry of readdirSync(home.absolute('adapters'), { withFileTypes: true })) {
    if (!entry.isDirectory() || !ownFolder.test(entry.name) || store.adapters.find(entry.name) !== null) continue;
    rmSync(home.absolute('adapters', entry.name), { recursive: true, force: true });
    log.info({ folder: entry.name }, 'an adapter that was never listed is removed');
  }
}
