import { activeBackend } from './active-backend.ts';
import type { ComputeBackend } from './compute-backend.ts';

/** Whether the active backend copies the values of a tensor on creation. */
export function uploadsAreCopied(): boolean {
  return activeBackend()?.copiesUploads ?? false;
}

/** How the active backend keeps a matrix as it is encoded; undefined if it cannot. */
export function storeOfBackend(): ComputeBackend['store'] {
  return activeBackend()?.store;
}
