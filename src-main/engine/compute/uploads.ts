import { activeBackend } from './active-backend.ts';
import type { ComputeBackend } from './compute-backend.ts';

/** Returns true if the active backend copies the values of a tensor on creation. */
export function uploadsAreCopied(): boolean {
  return activeBackend()?.copiesUploads ?? false;
}

/** Returns the active backend's storage for encoded matrices; undefined if it has none. */
export function storageOfBackend(): ComputeBackend['storage'] {
  return activeBackend()?.storage;
}
