import * as tf from '@tensorflow/tfjs-core';
import { takeGradientSoFar } from '../autograd/backward.ts';
import { attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';

const gradient = defineOperation({
  name: 'CotoLayerNormGradient',
  compose: (inputs, attributes) => {
    const { normalised, inverse } = normalise(input(inputs, 'x'), attribute(attributes, 'epsilon'));
    const g = tf.mul(input(inputs, 'dy'), input(inputs, 'scale'));
    const along = tf.mul(normalised, tf.mean(tf.mul(g, normalised), -1, true));
    const dx = tf.mul(inverse, tf.sub(tf.sub(g, tf.mean(g, -1, true)), along));
    return inputs['plus'] === undefined ? dx : tf.add(dx, inputs['plus']);
  },
});

const operation = defineOperation({
  name: 'CotoLayerNorm',
  compose: (inputs, attributes) => {
    const { normalised } = normalise(input(inputs, 'x'), attribute(attributes, 'epsilon'));
    return tf.add(tf.mul(normalised, input(inputs, 'scale')), input(inputs, 'shift'));
  },
  saved: { inputs: ['x'], lasting: ['scale'] },
  gradients: (dy, saved, attributes) => ({
    x: () =>
      only2D(
        gradient(
          givenInputs({ x: input(saved, 'x'), scale: input(saved, 'scale'), dy, plus: takeGradientSoFar() }),
          attributes,
        ),
      ),
    scale: () => {
      const { normalised } = normalise(input(saved, 'x'), attribute(attributes, 'epsilon'));
      return tf.sum(tf.mul(dy, normalised), 0);
    },
    shift: () => tf.sum(dy, 0),
  }),
});

/**
 * Layer normalisation of every row (Ba et al. 2016): (x − mean) / √(variance + epsilon) · scale + shift, with the biased
 * variance. x [rows, features], scale and shift [features]. Gradients go to all three, each only if it is wanted.
 */
export function layerNorm(x: tf.Tensor2D, scale: tf.Tensor1D, shift: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  return only2D(operation({ x, scale, shift }, { epsilon }));
}

function normalise(x: tf.Tensor, epsilon: number): { normalised: tf.Tensor; inverse: tf.Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { normalised: tf.mul(centred, inverse), inverse };
}
