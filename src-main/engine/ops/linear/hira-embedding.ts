import * as tf from '@tensorflow/tfjs-core';
import { as1D, attribute, defineOperation, input, only2D } from '../autograd/operation.ts';
import { scatterRows } from '../indexing/scatter-rows.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { matmul } from './matmul.ts';

const operation = defineOperation({
  name: 'CotoHiraEmbedding',
  compose: (inputs, attributes) => {
    const ids = as1D(input(inputs, 'ids'));
    const z = tf.transpose(tf.gather(input(inputs, 'a'), ids, 1));
    const options = { transposeB: true, scale: attribute(attributes, 'scaling') };
    const rows = tf.gather(input(inputs, 'weight'), ids);
    return [tf.add(rows, matmul(z, input(inputs, 'b'), { ...options, multiplier: rows })), z];
  },
  saved: { inputs: ['ids'], lasting: ['b', 'weight'], outputs: [null, 'z'] },
  gradients: (dy, saved, attributes) => {
    const scale = attribute(attributes, 'scaling');
    const ids = as1D(input(saved, 'ids'));
    const changed = tf.mul(dy, tf.gather(input(saved, 'weight'), ids));
    return {
      a: () => {
        const dz = matmul(changed, input(saved, 'b'), { scale });
        return tf.transpose(scatterRows(ids, dz, attribute(attributes, 'count')));
      },
      b: () => matmul(changed, input(saved, 'z'), { transposeA: true, scale }),
    };
  },
});

/**
 * HiRA on an embedding (PEFT's Embedding layer): rows of the table ∘ (1 + s · rows of Aᵀ times Bᵀ). ids [rows] int32, table
 * [in, out], A [r, in], B [out, r] → [rows, out]. Gradients go to A and B.
 */
export function hiraEmbedding(
  ids: tf.Tensor1D,
  { weight }: FrozenWeight,
  { a, b, scaling }: { readonly a: tf.Tensor; readonly b: tf.Tensor; readonly scaling: number },
): tf.Tensor2D {
  return only2D(operation({ ids, weight, a, b }, { scaling, count: weight.shape[0] }));
}
