import * as tf from '@tensorflow/tfjs-core';
import type { MicroBatch } from './micro-batch.ts';

/** Copies the inputs of a micro-batch to the device; the caller disposes them, or runs within `tf.tidy`. */
export function deviceInputs(inputs: MicroBatch['inputs']): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32'),
    ]),
  );
}
