import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoAddMultiple',
  compose: (inputs, attributes) => {
    const factor = attribute(attributes, 'factor');
    const x = input(inputs, 'x');
    return tf.add(input(inputs, 'residual'), factor === 1 ? x : tf.mul(x, factor));
  },
  gradients: (dy, _, attributes) => {
    const factor = attribute(attributes, 'factor');
    return { residual: () => dy, x: () => (factor === 1 ? dy : tf.mul(dy, factor)) };
  },
});

/** residual + factor · x, all [rows, features]. Gradients go to both; nothing is kept for them. */
export function addMultiple(residual: tf.Tensor2D, x: tf.Tensor2D, factor: number): tf.Tensor2D {
  return only2D(operation({ residual, x }, { factor }));
}

const scaling = defineOperation({
  name: 'CotoScale',
  compose: (inputs, attributes) => tf.mul(input(inputs, 'x'), attribute(attributes, 'factor')),
  gradients: (dy, _, attributes) => ({ x: () => tf.mul(dy, attribute(attributes, 'factor')) }),
});

/** factor · x; the gradient goes to x, and nothing is kept for it. */
export function scaled(x: tf.Tensor2D, factor: number): tf.Tensor2D {
  return factor === 1 ? x : only2D(scaling({ x }, { factor }));
}
