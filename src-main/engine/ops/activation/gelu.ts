import * as tf from '@tensorflow/tfjs-core';
import { as2D, at, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

export type GeluForm = 'gelu' | 'gelu_tanh';

const gradient = defineOperation({
  name: 'CotoGeluGradient',
  compose: (inputs, attributes) => {
    const x = input(inputs, 'x');
    const { slope } = attribute(attributes, 'tanh') === 0 ? byErrorFunction(x) : byTanh(x);
    return tf.mul(input(inputs, 'dy'), slope());
  },
});

const operation = defineOperation({
  name: 'CotoGelu',
  compose: (inputs, attributes) => {
    const x = input(inputs, 'x');
    return (attribute(attributes, 'tanh') === 0 ? byErrorFunction(x) : byTanh(x)).value();
  },
  saved: { inputs: ['x'], states: ['x'] },
  gradients: (dy, saved, attributes) => ({ x: () => only2D(gradient({ x: input(saved, 'x'), dy }, attributes)) }),
});

/** Outputs: the value, and the derivative, which the consumer of the value must apply to the gradient that it passes on. */
const withDerivative = defineOperation({
  name: 'CotoGeluDerivative',
  compose: (inputs, attributes) => {
    const x = input(inputs, 'x');
    const { value, slope } = attribute(attributes, 'tanh') === 0 ? byErrorFunction(x) : byTanh(x);
    return [value(), slope()];
  },
  gradients: (dy) => ({ x: () => dy }),
});

/**
 * x·Φ(x) of x [rows, features] (Hendrycks and Gimpel 2016), with Φ by the error function, or for `gelu_tanh` by the authors'
 * approximation 0.5·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
 */
export function gelu(x: tf.Tensor2D, form: GeluForm = 'gelu'): tf.Tensor2D {
  return only2D(operation({ x }, { tanh: Number(form === 'gelu_tanh') }));
}

/** `gelu` and its derivative. The gradient of the value goes to x as it is: its reader multiplies by the derivative. */
export function geluWithDerivative(x: tf.Tensor2D, form: GeluForm): { value: tf.Tensor2D; derivative: tf.Tensor2D } {
  const results = withDerivative({ x }, { tanh: Number(form === 'gelu_tanh') });
  return { value: as2D(at(results, 0)), derivative: as2D(at(results, 1)) };
}

interface Gelu {
  value(): tf.Tensor;
  slope(): tf.Tensor;
}

function byErrorFunction(x: tf.Tensor): Gelu {
  const cumulative = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
  return {
    value: () => tf.mul(x, cumulative),
    slope: () => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.add(cumulative, tf.mul(x, density));
    },
  };
}

function byTanh(x: tf.Tensor): Gelu {
  const [root, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = tf.square(x);
  const bent = tf.tanh(tf.mul(tf.mul(x, tf.add(tf.mul(square, cubic), 1)), root));
  const cumulative = tf.mul(tf.add(bent, 1), 0.5);
  return {
    value: () => tf.mul(x, cumulative),
    slope: () => {
      const inner = tf.mul(tf.add(tf.mul(square, 3 * cubic), 1), 0.5 * root);
      return tf.add(cumulative, tf.mul(tf.mul(x, tf.sub(1, tf.square(bent))), inner));
    },
  };
}
