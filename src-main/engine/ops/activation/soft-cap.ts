import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoSoftCap',
  compose: (inputs, attributes) => {
    const cap = attribute(attributes, 'cap');
    return tf.mul(tf.tanh(tf.div(input(inputs, 'x'), cap)), cap);
  },
  saved: { outputs: ['y'] },
  gradients: (dy, saved, attributes) => ({
    x: () => tf.mul(dy, tf.sub(1, tf.square(tf.div(input(saved, 'y'), attribute(attributes, 'cap'))))),
  }),
});

/** cap · tanh(x / cap), which stays below the cap; 0: x itself. The gradient goes to x. */
export function softCap(x: tf.Tensor2D, cap: number): tf.Tensor2D {
  return cap === 0 ? x : only2D(operation({ x }, { cap }));
}
