import * as tf from '@tensorflow/tfjs-core';
import type { ComputeBackend } from './compute-backend.ts';
import { computeBackends } from './index.ts';

/** The backend that tfjs computes on; undefined before one is activated. */
export function activeBackend(): ComputeBackend | undefined {
  const active = tf.getBackend();
  return computeBackends.find((backend) => backend.id === active);
}
