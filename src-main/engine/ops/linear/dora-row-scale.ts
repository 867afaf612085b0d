import * as tf from '@tensorflow/tfjs-core';
import { smallestSquare } from '../../compute/kernel-inputs.ts';
import { at, defineOperation, input } from '../autograd/operation.ts';
import { matmul } from './matmul.ts';

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
 * 1 / ‖wᵢ + s·(B·A)ᵢ‖ for every output i, [out], without forming B·A: the square of the norm is ‖wᵢ‖² + bᵢ·(2s·A·wᵢ +
 * s²·A·Aᵀ·bᵢ), of which only the first term has the length of the weight's row.
 */
export function inverseNorms({ a, b, weight, squares, scaling, bfloat16, isTable }: Sources): tf.Tensor1D {
  return tf.tidy(() => {
    const across = matmul(a, weight, { transposeB: !isTable, scale: 2 * scaling, frozen: true, bfloat16 });
    const up = tf.transpose(b);
    const along = matmul(matmul(a, a, { transposeB: true, scale: scaling * scaling }), up, { addend: across });
    const added = tf.sum(tf.mul(up, along), 0);
    return tf.rsqrt(tf.maximum(tf.add(squares, added), smallestSquare));
  });
}

const gradient = defineOperation({
  name: 'CotoRowScaleGradient',
  compose: (inputs) => {
    const [dy, rowScale, inverse] = [input(inputs, 'dy'), input(inputs, 'rowScale'), input(inputs, 'inverse')];
    return [tf.mul(dy, rowScale), tf.mul(tf.sum(tf.mul(dy, input(inputs, 'h')), 0), inverse)];
  },
});

/**
 * The gradients of DoRA's h ∘ rowScale, h and dy [rows, out], rowScale = m ∘ inverse [out]: those of h [rows, out] and of m
 * [out], the norms held fixed. Has no gradient: for use inside operations.
 */
export function rowScaleGradients(
  dy: tf.Tensor,
  { h, rowScale, inverse }: { readonly h: tf.Tensor; readonly rowScale: tf.Tensor; readonly inverse: tf.Tensor },
): { dh: tf.Tensor; magnitude: tf.Tensor } {
  const results = gradient({ dy, h, rowScale, inverse });
  return { dh: at(results, 0), magnitude: at(results, 1) };
}
