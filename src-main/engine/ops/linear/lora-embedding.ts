import * as tf from '@tensorflow/tfjs-core';
import {
  as1D,
  attribute,
  defineOperation,
  input,
  type Operation,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import { scatterRows } from '../indexing/scatter-rows.ts';
import { inverseNorms } from './dora-row-scale.ts';
import type { FrozenWeight } from './frozen-weight.ts';
import { matmul } from './matmul.ts';

const plain = defineLoraEmbedding('CotoLoraEmbedding', false);
const withMagnitude = defineLoraEmbedding('CotoDoraEmbedding', true);

interface Factors {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
  readonly scaling: number;
}

/**
 * LoRA on an embedding (PEFT's Embedding layer): rows of the table + s · rows of Aᵀ times Bᵀ. ids [rows] int32, table [in, out],
 * A [r, in], B [out, r] → [rows, out]. Gradients go to A and B.
 */
export function loraEmbedding(ids: tf.Tensor1D, { weight }: FrozenWeight, { a, b, scaling }: Factors): tf.Tensor2D {
  return run(plain, { ids, weight, a, b }, scaling);
}

/** The same with DoRA's magnitudes m [out] over the norms of the changed table's columns, which are held fixed. */
export function doraEmbedding(
  ids: tf.Tensor1D,
  frozen: FrozenWeight,
  { a, b, magnitude, scaling }: Factors & { readonly magnitude: tf.Tensor },
): tf.Tensor2D {
  return run(
    withMagnitude,
    { ids, weight: frozen.weight, a, b, magnitude, squares: frozen.squaresByOutput(0) },
    scaling,
  );
}

function run(operation: Operation, inputs: OperationInputs, scaling: number): tf.Tensor2D {
  return only2D(operation(inputs, { scaling, count: input(inputs, 'weight').shape[0] ?? 0 }));
}

/** Outputs: y [rows, out] and z, the rows of Aᵀ [rows, r]; with magnitudes also the rows before they are scaled, and the inverse norms. */
function defineLoraEmbedding(name: string, hasMagnitude: boolean): Operation {
  return defineOperation({
    name,
    compose: (inputs, attributes) => {
      const [a, b, weight] = [input(inputs, 'a'), input(inputs, 'b'), input(inputs, 'weight')];
      const ids = as1D(input(inputs, 'ids'));
      const scaling = attribute(attributes, 'scaling');
      const z = tf.transpose(tf.gather(a, ids, 1));
      const h = matmul(z, b, { transposeB: true, scale: scaling, addend: tf.gather(weight, ids) });
      if (!hasMagnitude) return [h, z];
      const squares = input(inputs, 'squares');
      const inverse = inverseNorms({ a, b, weight, squares, scaling, bfloat16: false, isTable: true });
      return [tf.mul(h, tf.mul(input(inputs, 'magnitude'), inverse)), z, h, inverse];
    },
    saved: {
      inputs: ['ids'],
      lasting: ['b', 'magnitude'],
      outputs: hasMagnitude ? [null, 'z', 'h', 'inverse'] : [null, 'z'],
    },
    gradients: (dy, saved, attributes) => {
      const scale = attribute(attributes, 'scaling');
      const dh = hasMagnitude ? tf.mul(dy, tf.mul(input(saved, 'magnitude'), input(saved, 'inverse'))) : dy;
      return {
        a: () => {
          const dz = matmul(dh, input(saved, 'b'), { scale });
          return tf.transpose(scatterRows(as1D(input(saved, 'ids')), dz, attribute(attributes, 'count')));
        },
        b: () => matmul(dh, input(saved, 'z'), { transposeA: true, scale }),
        magnitude: () => tf.mul(tf.sum(tf.mul(dy, input(saved, 'h')), 0), input(saved, 'inverse')),
      };
    },
  });
}
