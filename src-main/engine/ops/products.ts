import * as tf from '@tensorflow/tfjs-core';
import { as2D } from './operation.ts';

/**
 * Matrix products in the one form that is quick everywhere: two matrices, no transpose flags. On wasm the flags cost ten
 * times the product, while transposing a thin operand first costs next to nothing.
 */
export function product(a: tf.Tensor, b: tf.Tensor): tf.Tensor2D {
  return tf.matMul(as2D(a), as2D(b));
}

/** aᵀ · b. Transpose the thinner operand's product by choosing the order where it matters. */
export function productOfTransposed(a: tf.Tensor, b: tf.Tensor): tf.Tensor2D {
  return product(tf.transpose(as2D(a)), b);
}

/** a · b + bias, the bias [columns] added to every row. */
export function productWithBias(a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor | null): tf.Tensor2D {
  if (bias === null) return product(a, b);
  const sum: tf.Tensor = tf.fused.matMul({ a, b, transposeA: false, transposeB: false, bias });
  return as2D(sum);
}
