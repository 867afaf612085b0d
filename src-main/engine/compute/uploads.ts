import * as tf from '@tensorflow/tfjs-core';
import type { ComputeBackend } from './compute-backend.ts';
import { computeBackends } from './index.ts';

/** Whether the active backend copies the values of a tensor on creation. */
export function uploadsAreCopied(): boolean {
  return activeBackend()?.copiesUploads ?? false;
}

/** How the active backend keeps a matrix as it is encoded; undefined if it cannot. */
export function storeOfBackend(): ComputeBackend['store'] {
  return activeBackend()?.store;
}

function activeBackend(): ComputeBackend | undefined {
  const active = tf.getBackend();
  return computeBackends.find((backend) => backend.id === active);
}
