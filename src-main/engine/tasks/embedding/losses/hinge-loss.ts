import * as tf from '@tensorflow/tfjs-core';
import { elementwise } from '../../../ops/index.ts';

/**
 * Σ weight · d² over pairs with label 1, and weight · max(0, margin − d)² over those with label 0, of the cosine distance
 * d = 1 − cosine. cosines [pairs, 1]; a scalar.
 */
export function hingeLoss(
  cosines: tf.Tensor2D,
  targets: Float32Array,
  margin: number,
  weights: Float32Array,
): tf.Scalar {
  const column = (of: (isAlike: boolean) => number) =>
    tf.tensor2d(
      Float32Array.from(targets, (target) => of(target > 0.5)),
      [targets.length, 1],
    );
  // 1 − cosine of those alike, margin − 1 + cosine of the others, which is no distance below 0.
  const reached = tf.add(
    tf.mul(
      cosines,
      column((isAlike) => (isAlike ? -1 : 1)),
    ),
    column((isAlike) => (isAlike ? 1 : margin - 1)),
  );
  const distances = elementwise(tf.reshape<tf.Rank.R2>(reached, [targets.length, 1]), 'relu');
  const squares = tf.mul<tf.Tensor2D>(distances, distances);
  return tf.reshape(tf.matMul(tf.tensor2d(weights, [1, weights.length]), squares), []);
}
