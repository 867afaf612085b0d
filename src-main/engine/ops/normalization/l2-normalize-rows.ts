import * as tf from '@tensorflow/tfjs-core';
import { defineOperation, input, only2D } from '../autograd/operation.ts';

/** Rows of zeros stay zero. */
const least = 1e-12;

const operation = defineOperation({
  name: 'CotoL2NormalizeRows',
  compose: (inputs) => {
    const x = input(inputs, 'x');
    return tf.div(x, lengths(x));
  },
  saved: { inputs: ['x'] },
  gradients: (dy, saved) => ({
    x: () => {
      const x = input(saved, 'x');
      const length = lengths(x);
      const y = tf.div(x, length);
      return tf.div(tf.sub(dy, tf.mul(y, tf.sum(tf.mul(dy, y), 1, true))), length);
    },
  }),
});

/** Every row of x [rows, features] divided by its Euclidean length. */
export function l2NormalizeRows(x: tf.Tensor2D): tf.Tensor2D {
  return only2D(operation({ x }));
}

function lengths(x: tf.Tensor): tf.Tensor {
  return tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), least);
}
