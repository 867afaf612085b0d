import * as tf from '@tensorflow/tfjs-core';
import { defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoMaskRows',
  compose: (inputs) => tf.mul(input(inputs, 'x'), input(inputs, 'mask')),
  saved: { inputs: ['mask'] },
  gradients: (dy, saved) => ({ x: () => tf.mul(dy, input(saved, 'mask')) }),
});

/** Each row of x [rows, width] times its value of the mask [rows, 1]. The gradient goes to x. */
export function maskRows(x: tf.Tensor2D, mask: tf.Tensor2D): tf.Tensor2D {
  return only2D(operation({ x, mask }));
}
