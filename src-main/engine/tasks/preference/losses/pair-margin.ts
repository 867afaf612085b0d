import * as tf from '@tensorflow/tfjs-core';
import { preferenceTerm } from '../../../ops/index.ts';

/**
 * −(1 − ε) · log σ(m) − ε · log σ(−m) of each margin m [pairs]: the negative log-likelihood of the preferences by Bradley and
 * Terry's model, a share ε of which is the wrong way round.
 */
export function preferenceLikelihood(margins: tf.Tensor1D, smoothing: number): tf.Tensor1D {
  const right = tf.mul<tf.Tensor1D>(preferenceTerm(margins, 'log_sigmoid'), smoothing - 1);
  if (smoothing === 0) return right;
  const wrong = preferenceTerm(tf.mul<tf.Tensor1D>(margins, -1), 'log_sigmoid');
  return tf.sub(right, tf.mul(wrong, smoothing));
}
