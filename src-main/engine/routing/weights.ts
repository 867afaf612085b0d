import * as tf from '@tensorflow/tfjs-core';
import type { ParameterSpec } from '../../../src-shared/domain/parameters/parameter.ts';

/** Parameter of routers that weigh several adapters. */
export function topKParameter(usual: number): ParameterSpec {
  return {
    name: 'top_k',
    label: 'Adapters',
    type: 'integer',
    default: usual,
    minimum: 1,
    maximum: 1024,
    help: 'Adapters with the highest scores that share an input; all others get the weight 0.',
  };
}

/** Parameter of routers that turn scores into weights by a softmax. */
export const temperatureParameter: ParameterSpec = {
  name: 'temperature',
  label: 'Temperature',
  type: 'number',
  default: 1,
  above: 0,
  step: 0.1,
  help: 'Divides the scores before the softmax: a lower value gives more weight to the highest score.',
};

/** Logarithm that stands for a weight of zero. */
const lowest = -1e30;

/**
 * Weights of the `top` highest scores of each row [rows, adapters]: softmax(scores / temperature) over these, 0 for the
 * others. The first of equal scores counts as the higher one.
 */
export function topSoftmax(scores: tf.Tensor2D, top: number, temperature: number): tf.Tensor2D {
  const chosen = isAmongTop(scores, top);
  return tf.softmax(tf.where(chosen, tf.div(scores, temperature), tf.fill(scores.shape, lowest)));
}

/** Equal weights of the `top` highest scores of each row [rows, adapters]. */
export function topEqual(scores: tf.Tensor2D, top: number): tf.Tensor2D {
  const chosen = tf.cast(isAmongTop(scores, top), 'float32');
  return tf.div(chosen, tf.sum(chosen, 1, true));
}

/** Places of the highest scores, found by counting the higher ones: the comparison needs no sort. */
function isAmongTop(scores: tf.Tensor2D, top: number): tf.Tensor2D {
  const [rows, count] = scores.shape;
  const own = tf.reshape(scores, [rows, count, 1]);
  const other = tf.reshape(scores, [rows, 1, count]);
  const earlier = Float32Array.from({ length: count * count }, (_, at) =>
    at % count < Math.floor(at / count) ? 1 : 0,
  );
  const higher = tf.cast(tf.greater(other, own), 'float32');
  const equal = tf.mul(tf.cast(tf.equal(other, own), 'float32'), tf.tensor3d(earlier, [1, count, count]));
  return tf.less(tf.sum(tf.add(higher, equal), 2), top);
}

/** Weight 1 for one adapter of each row [rows, adapters]. */
export function oneHot(chosen: Int32Array, count: number): tf.Tensor2D {
  const weights = new Float32Array(chosen.length * count);
  for (const [row, adapter] of chosen.entries()) weights[row * count + adapter] = 1;
  return tf.tensor2d(weights, [chosen.length, count]);
}
