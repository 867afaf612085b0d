import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';

const gradient = defineOperation({
  name: 'CotoRmsNormGradient',
  compose: (inputs, attributes) => {
    const { normalized, inverse } = normalize(input(inputs, 'x'), attribute(attributes, 'epsilon'));
    const g = tf.mul(input(inputs, 'dy'), input(inputs, 'scale'));
    const along = tf.mul(normalized, tf.mean(tf.mul(g, normalized), -1, true));
    const dx = tf.mul(inverse, tf.sub(g, along));
    return inputs['addend'] === undefined ? dx : tf.add(dx, inputs['addend']);
  },
});

const operation = defineOperation({
  name: 'CotoRmsNorm',
  compose: (inputs, attributes) =>
    tf.mul(normalize(input(inputs, 'x'), attribute(attributes, 'epsilon')).normalized, input(inputs, 'scale')),
  saved: { inputs: ['x'], lasting: ['scale'], states: ['x'] },
  gradients: (dy, saved, attributes) => ({
    x: (accumulated) =>
      only2D(
        gradient(
          givenInputs({ x: input(saved, 'x'), scale: input(saved, 'scale'), dy, addend: accumulated?.take() }),
          attributes,
        ),
      ),
    scale: () => tf.sum(tf.mul(dy, normalize(input(saved, 'x'), attribute(attributes, 'epsilon')).normalized), 0),
  }),
});

/**
 * Every row divided by its root mean square (Zhang and Sennrich 2019): x / √(mean(x²) + epsilon) ∘ scale. x [rows, features],
 * scale [features]; gradients go to both.
 */
export function rmsNorm(x: tf.Tensor2D, scale: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  return only2D(operation({ x, scale }, { epsilon }));
}

function normalize(x: tf.Tensor, epsilon: number): { normalized: tf.Tensor; inverse: tf.Tensor } {
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
  return { normalized: tf.mul(x, inverse), inverse };
}
