import type * as tf from '@tensorflow/tfjs-core';

/** The sum of the gradients that an input already has from the operations behind this one. */
export class AccumulatedGradient {
  private gradient: tf.Tensor | undefined;

  constructor(gradient: tf.Tensor | undefined) {
    this.gradient = gradient;
  }

  /**
   * Hands the sum to the function that makes the gradient of the input, once: it must add it to its own result. Whoever adds
   * while it computes saves a pass over memory; for a function that does not take it, the backward pass adds it.
   */
  take(): tf.Tensor | undefined {
    const taken = this.gradient;
    this.gradient = undefined;
    return taken;
  }
}
