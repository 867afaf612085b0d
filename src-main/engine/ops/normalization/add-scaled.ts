import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoAddScaled',
  compose: (inputs) => tf.add(input(inputs, 'residual'), tf.mul(input(inputs, 'x'), input(inputs, 'scale'))),
  saved: { lasting: ['scale'] },
  gradients: (dy, saved) => ({ residual: () => tf.clone(dy), x: () => tf.mul(dy, input(saved, 'scale')) }),
});

/**
 * Layer scale (Touvron et al. 2021): residual + x · scale, column by column. residual and x [rows, features], scale
 * [features]. Keeps nothing for the backward pass if the scale is frozen.
 */
export function addScaled(residual: tf.Tensor2D, x: tf.Tensor2D, scale: tf.Tensor1D): tf.Tensor2D {
  if (scale instanceof tf.Variable) return as2D(tf.add(residual, tf.mul(x, scale)));
  return only2D(operation({ residual, x, scale }));
}
