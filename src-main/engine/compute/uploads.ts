import * as tf from '@tensorflow/tfjs-core';
import { computeBackends } from './index.ts';

/** Whether the active backend has its own copy of what a tensor was made from as soon as the tensor is made. */
export function uploadsAreCopied(): boolean {
  const active = tf.getBackend();
  return computeBackends.find((backend) => backend.id === active)?.copiesUploads ?? false;
}
