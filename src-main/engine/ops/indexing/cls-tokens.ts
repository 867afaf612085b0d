import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';

const gradient = defineOperation({
  name: 'CotoClsTokensGradient',
  compose: (inputs, attributes) => {
    const dy = as2D(input(inputs, 'dy'));
    const [batch, features] = dy.shape;
    const tokens = attribute(attributes, 'tokens');
    const padded = tf.pad(dy, [
      [0, 0],
      [0, (tokens - 1) * features],
    ]);
    return tf.reshape(padded, [batch * tokens, features]);
  },
});

const operation = defineOperation({
  name: 'CotoClsTokens',
  compose: (inputs, attributes) => {
    const x = as2D(input(inputs, 'x'));
    const [rows, features] = x.shape;
    const tokens = attribute(attributes, 'tokens');
    return tf.slice(tf.reshape(x, [rows / tokens, tokens * features]), [0, 0], [rows / tokens, features]);
  },
  gradients: (dy, _, attributes) => ({ x: () => only2D(gradient({ dy }, attributes)) }),
});

/** The first token of every example: x [batch · tokens, features] → [batch, features]. */
export function clsTokens(x: tf.Tensor2D, tokens: number): tf.Tensor2D {
  return tokens === 1 ? x : only2D(operation({ x }, { tokens }));
}
