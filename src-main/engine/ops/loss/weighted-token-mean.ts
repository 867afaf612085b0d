import * as tf from '@tensorflow/tfjs-core';
import { as2D, defineOperation, input, only2D } from '../autograd/operation.ts';

const operation = defineOperation({
  name: 'CotoWeightedTokens',
  compose: (inputs) => {
    const [x, weights] = [as2D(input(inputs, 'x')), as2D(input(inputs, 'weights'))];
    const [batch, tokens] = weights.shape;
    const byExample = tf.reshape(x, [batch, tokens, x.shape[1]]);
    return tf.reshape(tf.matMul(tf.reshape(weights, [batch, 1, tokens]), byExample), [batch, x.shape[1]]);
  },
  saved: { inputs: ['weights'] },
  gradients: (dy, saved) => ({
    x: () => {
      const weights = as2D(input(saved, 'weights'));
      const [batch, tokens] = weights.shape;
      const features = as2D(dy).shape[1];
      const spread = tf.mul(tf.reshape(dy, [batch, 1, features]), tf.reshape(weights, [batch, tokens, 1]));
      return tf.reshape(spread, [batch * tokens, features]);
    },
  }),
});

/**
 * The sum of every example's tokens, each with its weight: x [batch · tokens, features], weights [batch, tokens] → [batch,
 * features]. A row with a single 1 selects that token. Gradients go to x.
 */
export function weightedTokenMean(x: tf.Tensor2D, weights: tf.Tensor2D): tf.Tensor2D {
  return only2D(operation({ x, weights }));
}
