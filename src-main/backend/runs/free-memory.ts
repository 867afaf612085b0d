import type { ComputeId } from '../../../src-shared/domain/catalog.ts';
import { backendMemory } from '../../engine/compute/backend-memory.ts';
import { freeMemoryBytes } from '../../files/control-group.ts';

/** Bytes that a training step may take on a backend now: what is free, but no more than the backend can address. */
export function freeMemoryOn(backend: ComputeId): number {
  return Math.min(freeMemoryBytes(), backendMemory(backend).mostBytes);
}
