import * as tf from '@tensorflow/tfjs-core';
import {
  attribute,
  defineOperation,
  givenInputs,
  input,
  multiply,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import { matmul } from './matmul.ts';
import type { UpdateOptions } from './update-options.ts';

const operation = defineOperation({
  name: 'CotoGranularUpdate',
  compose: (inputs, attributes) => {
    const scale = attribute(attributes, 'scaling');
    const { residual } = inputs;
    const z = exchanged(products(byBlocks(dropped(inputs), inputs), input(inputs, 'a')));
    const update = tf.mul(together(products(z, input(inputs, 'b'))), scale);
    return [residual ? tf.add(update, residual) : update, z];
  },
  saved: { inputs: ['x', 'mask', 'a', 'b'], outputs: [null, 'z'], states: ['x', 'mask'] },
  gradients: (dy, saved, attributes) => {
    const scaled = tf.mul(byBlocks(dy, saved), attribute(attributes, 'scaling'));
    // The exchange is its own inverse.
    const dh = exchanged(products(scaled, input(saved, 'b'), false, true));
    return {
      x: () => {
        const dx = together(products(dh, input(saved, 'a'), false, true));
        return saved['mask'] ? tf.mul(dx, saved['mask']) : dx;
      },
      a: () => products(byBlocks(dropped(saved), saved), dh, true),
      b: () => products(input(saved, 'z'), scaled, true),
      residual: () => dy,
    };
  },
});

/**
 * [residual +] scaling · ΔW·(x ∘ mask) of GraLoRA: ΔW is cut into k × k blocks of rank r / k. Input block n goes through a[n] to r values, of
 * which the j-th part goes to output block j, whose b[j] takes the parts of all input blocks. x [rows, in], a [k, in / k, r], b [k, r,
 * out / k] → [rows, out]; r·(in + out) a row, as LoRA. Gradients go to x, a, b and the residual.
 */
export function granularUpdate(
  x: tf.Tensor2D,
  { a, b, scaling }: { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly scaling: number },
  { residual, mask }: UpdateOptions = {},
): tf.Tensor2D {
  return only2D(operation(givenInputs({ x, a, b, residual, mask }), { scaling }));
}

/** Products of stacks of matrices. A stack of one is multiplied as a matrix: see `matrixProduct` on variables. */
function products(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  if (a.shape[0] !== 1) return multiply(a, b, transposeA, transposeB);
  const [one, other] = [tf.squeeze(a, [0]), tf.squeeze(b, [0])];
  return tf.expandDims(matmul(one, other, { transposeA, transposeB }), 0);
}

/** [rows, k · width] → [k, rows, width] */
function byBlocks(values: tf.Tensor, named: OperationInputs): tf.Tensor {
  const [rows = 0] = values.shape;
  const [k = 1] = input(named, 'a').shape;
  return tf.transpose(tf.reshape(values, [rows, k, -1]), [1, 0, 2]);
}

/** [k, rows, width] → [rows, k · width] */
function together(values: tf.Tensor): tf.Tensor {
  const [, rows = 0] = values.shape;
  return tf.reshape(tf.transpose(values, [1, 0, 2]), [rows, -1]);
}

/** The j-th of k parts of block n becomes the n-th part of block j: [k, rows, r] → [k, rows, r]. */
function exchanged(values: tf.Tensor): tf.Tensor {
  const [k = 1, rows = 0, r = 0] = values.shape;
  return tf.reshape(tf.transpose(tf.reshape(values, [k, rows, k, r / k]), [2, 1, 0, 3]), [k, rows, r]);
}
