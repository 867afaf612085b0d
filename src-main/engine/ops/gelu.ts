import * as tf from '@tensorflow/tfjs-core';
import { at, defineOperation, input, only2D, single } from './operation.ts';

const gradient = defineOperation({
  name: 'CotoGeluGradient',
  compose: (inputs) => {
    const x = input(inputs, 'x');
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.mul(input(inputs, 'dy'), tf.add(cumulative(x), tf.mul(x, density)));
  },
});

const operation = defineOperation({
  name: 'CotoGelu',
  compose: (inputs) => {
    const x = input(inputs, 'x');
    return tf.mul(x, cumulative(x));
  },
  saved: { inputs: ['x'] },
  gradients: (dy, saved) => ({ x: () => only2D(gradient({ x: at(saved, 0), dy: single(dy) })) }),
});

/** x·Φ(x) with Φ by the error function (Hendrycks and Gimpel 2016), for x [rows, features]. */
export function gelu(x: tf.Tensor2D): tf.Tensor2D {
  return only2D(operation({ x }));
}

function cumulative(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}
