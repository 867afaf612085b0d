import * as tf from '@tensorflow/tfjs-core';
import { computeBackends } from './index.ts';

/** Whether the active backend copies the values of a tensor on creation. */
export function uploadsAreCopied(): boolean {
  const active = tf.getBackend();
  return computeBackends.find((backend) => backend.id === active)?.copiesUploads ?? false;
}
