import * as tf from '@tensorflow/tfjs-core';
import { input, type OperationInputs } from '../autograd/operation.ts';

/** The input that an adapter's update gets: x, or with dropout x ∘ mask. */
export function dropped(inputs: OperationInputs): tf.Tensor {
  const x = input(inputs, 'x');
  return inputs['mask'] ? tf.mul(x, inputs['mask']) : x;
}
