import type * as tf from '@tensorflow/tfjs-core';
import type { AccumulatedGradient } from '../autograd/accumulated-gradient.ts';

/** What a linear takes along, so that its neighbors need no pass over memory of their own. */
export interface LinearOptions {
  /** [rows, out], added to the result; its gradient is the result's. */
  readonly residual?: tf.Tensor2D | undefined;
  /**
   * [rows, in]: derivative of what made x, from `activate`. The gradient of x is multiplied by it; the activation itself
   * passes gradients on untouched.
   */
  readonly derivative?: tf.Tensor2D | undefined;
}

/**
 * What the product that makes the gradient of x takes along: the derivative of what made x, or else what x has of gradient
 * from elsewhere. The derivative would multiply that too.
 */
export function multiplierOrAddend(
  derivative: tf.Tensor | undefined,
  accumulated: AccumulatedGradient | undefined,
): { multiplier: tf.Tensor } | { addend: tf.Tensor | undefined } {
  return derivative === undefined ? { addend: accumulated?.take() } : { multiplier: derivative };
}
