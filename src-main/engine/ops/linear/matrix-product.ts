import type * as tf from '@tensorflow/tfjs-core';
import { defineOperation, input, only2D } from '../autograd/operation.ts';
import { matmul } from './matmul.ts';

const operation = defineOperation({
  name: 'CotoMatrixProduct',
  compose: (inputs) => matmul(input(inputs, 'a'), input(inputs, 'b')),
  saved: { inputs: ['a', 'b'] },
  gradients: (dy, saved) => ({
    a: () => matmul(dy, input(saved, 'b'), { transposeB: true }),
    b: () => matmul(input(saved, 'a'), dy, { transposeA: true }),
  }),
});

/**
 * a [m, k] · b [k, n], with gradients for both. tfjs's own product keeps a packed copy of b on wasm for as long as its tensor lives,
 * which the optimizer's update in place does not reach: it must not be given a variable.
 */
export function matrixProduct(a: tf.Tensor, b: tf.Tensor): tf.Tensor2D {
  return only2D(operation({ a, b }));
}
