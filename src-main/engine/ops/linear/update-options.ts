import type * as tf from '@tensorflow/tfjs-core';

/** Additional inputs of an operation that computes only an adapter's update. */
export interface UpdateOptions {
  /** [rows, out], added to the update; its gradient is the result's. */
  readonly residual?: tf.Tensor2D | undefined;
  /** [rows, in], of 0 and 1 / (1 − dropout): multiplies the input. */
  readonly mask?: tf.Tensor2D | null | undefined;
}

/** Rows of an input, and the sizes of the linear that it meets. */
export interface UpdateSize {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}
