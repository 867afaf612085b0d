import * as tf from '@tensorflow/tfjs-core';
import { attribute, defineOperation, givenInputs, input, type OperationInputs, only2D } from '../autograd/operation.ts';
import { scatterRows } from '../indexing/scatter-rows.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { type LinearOptions, multiplierOrAddend } from './linear-options.ts';
import { matmul } from './matmul.ts';

/** Entries of a matrix [out, in]: values [n] at the rows and columns of indices [2, n] int32; equal places add up. */
export interface SparseMatrix {
  readonly values: tf.Tensor;
  readonly indices: tf.Tensor;
}

const linear = defineOperation({
  name: 'CotoSparseLinear',
  compose: (inputs) =>
    matmul(input(inputs, 'x'), changed(inputs), {
      transposeB: true,
      bias: inputs['bias'],
      addend: inputs['residual'],
    }),
  saved: { inputs: ['x', 'derivative'], lasting: ['weight', 'values', 'indices'], states: ['x', 'derivative'] },
  gradients: (dy, saved) => ({
    x: (accumulated) => matmul(dy, changed(saved), multiplierOrAddend(saved['derivative'], accumulated)),
    values: () => {
      const weight = matmul(dy, input(saved, 'x'), { transposeA: true });
      return tf.reshape(
        tf.gather(tf.reshape(weight, [-1, 1]), places(input(saved, 'indices'), weight.shape, false)),
        [-1],
      );
    },
    residual: () => dy,
  }),
});

const merged = defineOperation({
  name: 'CotoSparseMergedWeight',
  compose: (inputs, attributes) => changed(inputs, attribute(attributes, 'inputsFirst') !== 0),
});

/**
 * x·(W + S)ᵀ + b [+ residual], S sparse. x [rows, in] → [rows, out]. Gradients go to x, the values of S and the residual. W + S and
 * the gradient of W are made for the product and dropped after it: n values taken for every row of x would be more than they are
 * from in · out / n rows on, and are slower to add up than a product.
 */
export function sparseLinear(
  x: tf.Tensor2D,
  frozen: FrozenWeight,
  { values, indices }: SparseMatrix,
  options: LinearOptions = {},
): tf.Tensor2D {
  const { weight, bias } = frozen;
  return only2D(linear(givenInputs({ x, weight, bias, values, indices, ...options })));
}

/** W + S, laid out as W: [out, in], or with `inputsFirst` [in, out]. Has no gradient. */
export function sparseMergedWeight(
  weight: tf.Tensor,
  { values, indices }: SparseMatrix,
  inputsFirst: boolean,
): tf.Tensor2D {
  return only2D(merged({ weight, values, indices }, { inputsFirst: Number(inputsFirst) }));
}

function changed(inputs: OperationInputs, inputsFirst = false): tf.Tensor {
  const [weight, values] = [input(inputs, 'weight'), input(inputs, 'values')];
  return tf.tidy(() => {
    const at = places(input(inputs, 'indices'), weight.shape, inputsFirst);
    const dense = scatterRows(at, tf.reshape<tf.Rank.R2>(values, [-1, 1]), weight.size);
    return tf.add(weight, tf.reshape(dense, weight.shape));
  });
}

/** Places [n] int32 in a weight that is laid out by outputs, or with `inputsFirst` by inputs. */
function places(indices: tf.Tensor, [, width = 0]: readonly number[], inputsFirst: boolean): tf.Tensor1D {
  const count = indices.shape[1] ?? 0;
  const [outputs, inputs] = [0, 1].map((row) => tf.reshape(tf.slice(indices, [row, 0], [1, count]), [count]));
  const [slow, fast] = inputsFirst ? [inputs, outputs] : [outputs, inputs];
  if (slow === undefined || fast === undefined) throw new Error('indices have two rows');
  return tf.add(tf.mul(slow, tf.scalar(width, 'int32')), fast);
}
