import * as tf from '@tensorflow/tfjs-core';
import { valueAndGradients } from '../../engine/ops/autograd/backward.ts';

/** A value and its gradient with respect to each source, as the engine makes them; the caller disposes them. */
export function differentiated(
  run: () => tf.Tensor,
  sources: readonly tf.Tensor[],
  dy: tf.Tensor | null = null,
): { value: tf.Tensor; gradients: tf.Tensor[] } {
  const [value, ...gradients] = tf.tidy(() => {
    const made = valueAndGradients(run, sources, dy);
    return [made.value, ...made.gradients.map((gradient, index) => gradient ?? missing(index))];
  });
  if (value === undefined) throw new Error('there is no value');
  return { value, gradients };
}

function missing(index: number): never {
  throw new Error(`the value does not depend on source ${index}`);
}
