import { activeBackend } from './active-backend.ts';
import type { ComputeBackend } from './compute-backend.ts';

/** Returns true if the active backend copies the values of a tensor on creation. */
export function uploadsAreCopied(): boolean {
  return activeBackend()?.copiesUploads ?? false;
}

/** How the active backend keeps matrices as they are encoded; undefined if it does not. */
export function storageOfBackend(): ComputeBackend['storage'] {
  return activeBackend()?.storage;
}
