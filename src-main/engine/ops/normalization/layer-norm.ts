import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';

const gradient = defineOperation({
  name: 'CotoLayerNormGradient',
  compose: (inputs, attributes) => {
    const { normalized, inverse } = normalize(input(inputs, 'x'), attribute(attributes, 'epsilon'));
    const g = tf.mul(input(inputs, 'dy'), input(inputs, 'scale'));
    const along = tf.mul(normalized, tf.mean(tf.mul(g, normalized), -1, true));
    const dx = tf.mul(inverse, tf.sub(tf.sub(g, tf.mean(g, -1, true)), along));
    return inputs['addend'] === undefined ? dx : tf.add(dx, inputs['addend']);
  },
});

const operation = defineOperation({
  name: 'CotoLayerNorm',
  compose: (inputs, attributes) => {
    const { normalized } = normalize(input(inputs, 'x'), attribute(attributes, 'epsilon'));
    return tf.add(tf.mul(normalized, input(inputs, 'scale')), input(inputs, 'shift'));
  },
  saved: { inputs: ['x'], lasting: ['scale'], states: ['x'] },
  gradients: (dy, saved, attributes) => ({
    x: (accumulated) =>
      only2D(
        gradient(
          givenInputs({ x: input(saved, 'x'), scale: input(saved, 'scale'), dy, addend: accumulated?.take() }),
          attributes,
        ),
      ),
    scale: () => {
      const { normalized } = normalize(input(saved, 'x'), attribute(attributes, 'epsilon'));
      return tf.sum(tf.mul(dy, normalized), 0);
    },
    shift: () => tf.sum(dy, 0),
  }),
});

/**
 * Layer normalization of every row (Ba et al. 2016): (x − mean) / √(variance + epsilon) · scale + shift, with the biased
 * variance. x [rows, features], scale and shift [features]. Gradients go to all three, each only if it is wanted.
 */
export function layerNorm(x: tf.Tensor2D, scale: tf.Tensor1D, shift: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  return only2D(operation({ x, scale, shift }, { epsilon }));
}

function normalize(x: tf.Tensor, epsilon: number): { normalized: tf.Tensor; inverse: tf.Tensor } {
  const centered = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon));
  return { normalized: tf.mul(centered, inverse), inverse };
}
