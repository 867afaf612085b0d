import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../autograd/operation.ts';

/**
 * Adds the rows of `x` [n, width] to a table of `count` rows, each at its id: the gradient of gathering rows. ids [n]
 * int32.
 */
export function scatterRows(ids: tf.Tensor1D, x: tf.Tensor2D, count: number): tf.Tensor2D {
  // The wasm backend has another kernel for it than all the others.
  if (tf.getBackend() !== 'wasm') return as2D(tf.unsortedSegmentSum(x, ids, count));
  return as2D(tf.scatterND(tf.reshape(ids, [-1, 1]), x, [count, x.shape[1]]));
}
