import * as tf from '@tensorflow/tfjs-core';
import { as2D, at, attribute, defineOperation, input, only2D, single } from './operation.ts';

const operation = defineOperation({
  name: 'CotoFirstTokens',
  compose: (inputs, attributes) => {
    const x = as2D(input(inputs, 'x'));
    const [rows, features] = x.shape;
    const tokens = attribute(attributes, 'tokens');
    return tf.slice(tf.reshape(x, [rows / tokens, tokens * features]), [0, 0], [rows / tokens, features]);
  },
  saved: { inputs: ['x'] },
  gradients: (dy, saved, attributes) => ({
    x: () => {
      const [rows, features] = as2D(at(saved, 0)).shape;
      const tokens = attribute(attributes, 'tokens');
      const padded = tf.pad(as2D(single(dy)), [
        [0, 0],
        [0, (tokens - 1) * features],
      ]);
      return tf.reshape(padded, [rows, features]);
    },
  }),
});

/** The first token of every example: x [batch · tokens, features] → [batch, features]. */
export function firstTokens(x: tf.Tensor2D, tokens: number): tf.Tensor2D {
  return tokens === 1 ? x : only2D(operation({ x }, { tokens }));
}
