import type * as tf from '@tensorflow/tfjs-core';
import type { AccumulatedGradient } from '../autograd/accumulated-gradient.ts';

/** Operations fused into a linear, so that its neighbors need no pass over memory of their own. */
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
 * Options fused into the product that makes the gradient of x: the derivative of the activation that made x, or else the
 * gradient that x has from elsewhere (which the derivative would multiply too).
 */
export function multiplierOrAddend(
  derivative: tf.Tensor | undefined,
  accumulated: AccumulatedGradient | undefined,
): { multiplier: tf.Tensor } | { addend: tf.Tensor | undefined } {
  return derivative === undefined ? { addend: accumulated?.take() } : { multiplier: derivative };
}
