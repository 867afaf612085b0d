import * as tf from '@tensorflow/tfjs-core';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** The values of a float32 or int32 tensor, copied. Asynchronous, since reading back from a GPU is. */
export async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  const values = await tensor.data();
  return {
    shape: [...tensor.shape],
    data: tensor.dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
  };
}

/** Copies a tensor to the device: int32 if its values are, else float32. */
export function toTensor({ shape, data }: HostTensor): tf.Tensor {
  if (data instanceof Int32Array) return tf.tensor(Int32Array.from(data), [...shape], 'int32');
  return tf.tensor(Float32Array.from(data), [...shape], 'float32');
}
