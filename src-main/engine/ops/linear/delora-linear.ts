import * as tf from '@tensorflow/tfjs-core';
import { input, type OperationInputs } from '../autograd/operation.ts';
import { defineFactoredLinear, type Factors } from './factored-linear.ts';

/** Below it PEFT takes a norm for this value; such a norm has no gradient. */
export const smallestNorm = 1e-4;

/**
 * Factors of DeLoRA's update (Bini et al. 2025, eq. 8): A's row i times λ / (r · ‖Aᵢ‖ · ‖Bᵢ‖) and, column by column, times the
 * norms of the base's columns; B as it is. Parts: a [r, in], b [out, r], lambda [1], norms [in].
 */
export function deloraFactors(parts: OperationInputs): Factors {
  const [a, b] = [input(parts, 'a'), input(parts, 'b')];
  return { a: tf.mul(tf.mul(a, tf.expandDims(rowScale(parts), 1)), input(parts, 'norms')), b };
}

export const deloraLinear = defineFactoredLinear({
  name: 'CotoDeloraLinear',
  parts: ['a', 'b', 'lambda', 'norms'],
  isTurned: false,
  trainsB: true,
  factors: deloraFactors,
  gradients: (parts, _, d) => {
    const [a, b] = [input(parts, 'a'), input(parts, 'b')];
    const scale = rowScale(parts);
    // Gradient of the scaled, column-weighted A by A as it is, and from it that of every row's scale.
    const direct = () => tf.mul(d.a(), input(parts, 'norms'));
    const byScale = () => tf.sum(tf.mul(direct(), a), 1);
    // scale falls by scale / ‖·‖ for each unit of a norm, where that norm counts.
    const byNorm = (norm: tf.Tensor) =>
      tf.div(
        tf.mul(tf.mul(byScale(), tf.neg(scale)), tf.cast(tf.greaterEqual(norm, smallestNorm), 'float32')),
        tf.square(tf.maximum(norm, smallestNorm)),
      );
    return {
      a: () => tf.add(tf.mul(direct(), tf.expandDims(scale, 1)), tf.mul(a, tf.expandDims(byNorm(norms(a, 1)), 1))),
      b: () => tf.add(d.b(), tf.mul(b, byNorm(norms(b, 0)))),
      lambda: () => tf.reshape(tf.sum(tf.mul(byScale(), tf.div(scale, input(parts, 'lambda')))), [1]),
    };
  },
});

/** λ / (r · ‖Aᵢ‖ · ‖Bᵢ‖) [r] */
function rowScale(parts: OperationInputs): tf.Tensor {
  const [a, b] = [input(parts, 'a'), input(parts, 'b')];
  const clamped = (norm: tf.Tensor) => tf.maximum(norm, smallestNorm);
  const rank = a.shape[0] ?? 1;
  return tf.div(input(parts, 'lambda'), tf.mul(tf.mul(clamped(norms(a, 1)), clamped(norms(b, 0))), rank));
}

function norms(x: tf.Tensor, axis: 0 | 1): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(x), axis));
}
