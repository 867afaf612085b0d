import type * as tf from '@tensorflow/tfjs-core';
import type { AccumulatedGradient } from '../autograd/accumulated-gradient.ts';

/** Operations fused into a linear, which saves passes over memory. */
export interface LinearOptions {
  /** [rows, out], added to the result; its gradient is the result's. */
  readonly residual?: tf.Tensor2D | undefined;
  /**
   * [rows, in]: derivative of the activation that computed x, from `activate`. The gradient of x is multiplied by it; the
   * activation itself passes gradients through.
   */
  readonly derivative?: tf.Tensor2D | undefined;
}

/**
 * Options fused into the product for the gradient of x: the derivative of the activation that computed x, or else the
 * gradient that x already has from other operations (which the derivative would multiply too).
 */
export function multiplierOrAddend(
  derivative: tf.Tensor | undefined,
  accumulated: AccumulatedGradient | undefined,
): { multiplier: tf.Tensor } | { addend: tf.Tensor | undefined } {
  return derivative === undefined ? { addend: accumulated?.take() } : { multiplier: derivative };
}
