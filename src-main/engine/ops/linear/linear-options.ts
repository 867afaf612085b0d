import type * as tf from '@tensorflow/tfjs-core';
import { takeGradientSoFar } from '../autograd/backward.ts';

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
export function timesOrPlus(derivative: tf.Tensor | undefined): { times: tf.Tensor } | { plus: tf.Tensor | undefined } {
  return derivative === undefined ? { plus: takeGradientSoFar() } : { times: derivative };
}
