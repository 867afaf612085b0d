import type * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** The values of a float32 tensor, copied. Asynchronous, since a GPU's memory cannot be read at once. */
export async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  return { shape: [...tensor.shape], data: Float32Array.from(await tensor.data()) };
}
