import type * as tf from '@tensorflow/tfjs-core';

/** The sum of the gradients that an input already has from the operations behind this one. */
export class AccumulatedGradient {
  private gradient: tf.Tensor | undefined;

  constructor(gradient: tf.Tensor | undefined) {
    this.gradient = gradient;
  }

  /**
   * Passes the sum, once, to the function that computes the gradient of the input, which must add it to its result: adding
   * during the computation saves a pass over memory. If the function does not take it, the backward pass adds it.
   */
  take(): tf.Tensor | undefined {
    const taken = this.gradient;
    this.gradient = undefined;
    return taken;
  }
}
