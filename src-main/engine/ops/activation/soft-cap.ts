import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

/** cap · tanh(x / cap) of any shape, as a part of an operation. */
export function capped(x: tf.Tensor, cap: number): tf.Tensor {
  return tf.mul(tf.tanh(tf.div(x, cap)), cap);
}

/** The derivative of cap · tanh(x / cap), from its value. */
export function capSlope(value: tf.Tensor, cap: number): tf.Tensor {
  return tf.sub(1, tf.square(tf.div(value, cap)));
}

const operation = defineOperation({
  name: 'CotoSoftCap',
  compose: (inputs, attributes) => capped(input(inputs, 'x'), attribute(attributes, 'cap')),
  saved: { outputs: ['y'] },
  gradients: (dy, saved, attributes) => ({
    x: () => tf.mul(dy, capSlope(input(saved, 'y'), attribute(attributes, 'cap'))),
  }),
});

/** cap · tanh(x / cap), which stays below the cap; 0: x itself. The gradient goes to x. */
export function softCap(x: tf.Tensor2D, cap: number): tf.Tensor2D {
  return cap === 0 ? x : only2D(operation({ x }, { cap }));
}
