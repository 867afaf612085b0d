import type * as tf from '@tensorflow/tfjs-core';
import { type ElementwiseForm, elementwise, elementwiseWithDerivative } from './elementwise.ts';
import { type GeluForm, gelu, geluWithDerivative } from './gelu.ts';

export type Activation = GeluForm | ElementwiseForm;

/** An activated state, and the derivative that its only consumer must apply to the gradient. */
export interface Activated {
  readonly value: tf.Tensor2D;
  /** If present, it must be passed to the linear that reads `value`, which then applies it in its own backward product. */
  readonly derivative?: tf.Tensor2D;
}

/**
 * The activation between two linears, x [rows, features]. With `taped` the derivative is made in the same pass, for the
 * second linear to apply in its own backward product; without, only the value.
 */
export function activate(x: tf.Tensor2D, form: Activation, taped: boolean): Activated {
  if (form === 'gelu' || form === 'gelu_tanh') return taped ? geluWithDerivative(x, form) : { value: gelu(x, form) };
  return taped ? elementwiseWithDerivative(x, form) : { value: elementwise(x, form) };
}
