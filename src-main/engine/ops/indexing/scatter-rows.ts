import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../autograd/operation.ts';

/**
 * Adds the rows of `x` [n, width] up in a table of `count` rows, each at its id: the gradient of taking rows. ids [n] int32.
 */
export function scatterRows(ids: tf.Tensor1D, x: tf.Tensor2D, count: number): tf.Tensor2D {
  // Of the two kernels that do it, wasm has one, all other backends the other.
  if (tf.getBackend() !== 'wasm') return as2D(tf.unsortedSegmentSum(x, ids, count));
  return as2D(tf.scatterND(tf.reshape(ids, [-1, 1]), x, [count, x.shape[1]]));
}
