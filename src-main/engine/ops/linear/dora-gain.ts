import * as tf from '@tensorflow/tfjs-core';
import { at, defineOperation, input } from '../autograd/operation.ts';
import { product } from './matmul.ts';

/** Keeps rows without any weight from a division by zero: whatever their magnitude is, they give 0. */
const smallestSquare = 1e-30;

interface Sources {
  /** [r, in] */
  readonly a: tf.Tensor;
  /** [out, r] */
  readonly b: tf.Tensor;
  /** [out, in]; of an embedding its table [in, out]. */
  readonly weight: tf.Tensor;
  /** Sums of squares of the weight by output [out]. */
  readonly squares: tf.Tensor;
  readonly scaling: number;
  readonly bfloat16: boolean;
  readonly isTable: boolean;
}

/**
 * 1 / ‖wᵢ + s·(B·A)ᵢ‖ for every output i, [out], without ever making B·A: the square of the norm is
 * ‖wᵢ‖² + bᵢ·(2s·A·wᵢ + s²·A·Aᵀ·bᵢ), of which only the first part is as long as the weight's row.
 */
export function inverseNorms({ a, b, weight, squares, scaling, bfloat16, isTable }: Sources): tf.Tensor1D {
  return tf.tidy(() => {
    const across = product(a, weight, { transposeB: !isTable, scale: 2 * scaling, frozen: true, bfloat16 });
    const up = tf.transpose(b);
    const along = product(product(a, a, { transposeB: true, scale: scaling * scaling }), up, { plus: across });
    const added = tf.sum(tf.mul(up, along), 0);
    return tf.rsqrt(tf.maximum(tf.add(squares, added), smallestSquare));
  });
}

const gradient = defineOperation({
  name: 'CotoGainGradient',
  compose: (inputs) => {
    const [dy, gain, inverse] = [input(inputs, 'dy'), input(inputs, 'gain'), input(inputs, 'inverse')];
    return [tf.mul(dy, gain), tf.mul(tf.sum(tf.mul(dy, input(inputs, 'h')), 0), inverse)];
  },
});

/**
 * What comes back through h ∘ gain of DoRA, h and dy [rows, out], gain = m ∘ inverse [out]: the gradients of h [rows, out] and
 * of m [out], the norms held fixed. Has no gradient: it serves inside operations.
 */
export function gainGradients(
  dy: tf.Tensor,
  { h, gain, inverse }: { readonly h: tf.Tensor; readonly gain: tf.Tensor; readonly inverse: tf.Tensor },
): { dh: tf.Tensor; magnitude: tf.Tensor } {
  const results = gradient({ dy, h, gain, inverse });
  return { dh: at(results, 0), magnitude: at(results, 1) };
}
