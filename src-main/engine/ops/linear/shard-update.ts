import * as tf from '@tensorflow/tfjs-core';
import {
  as2D,
  attribute,
  defineOperation,
  givenInputs,
  input,
  type OperationAttributes,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import { dropped } from './dropped.ts';
import { matmul } from './matmul.ts';
import type { UpdateOptions } from './update-options.ts';

const operation = defineOperation({
  name: 'CotoShardUpdate',
  compose: (inputs, attributes) => {
    const { rows, repeats } = sizesOf(inputs, attributes);
    const scale = attribute(attributes, 'scaling');
    const { residual } = inputs;
    const z = folded(inputs);
    const block = input(inputs, 'block');
    if (repeats === 1) return [matmul(z, block, { scale, addend: residual }), z];
    const update = tf.tile(matmul(z, block, { scale }), [1, repeats]);
    return [residual ? tf.add(update, residual) : tf.reshape(update, [rows, -1]), z];
  },
  saved: { inputs: ['x', 'mask', 'block'], outputs: [null, 'z'], states: ['x', 'mask'] },
  gradients: (dy, saved, attributes) => {
    const { rows, repeats, width } = sizesOf(saved, attributes);
    const scale = attribute(attributes, 'scaling');
    const dBlocks = repeats === 1 ? dy : tf.sum(tf.reshape(dy, [rows, repeats, width]), 1);
    return {
      x: () => {
        const dz = matmul(dBlocks, input(saved, 'block'), { transposeB: true, scale });
        const [, inputs = 0] = input(saved, 'x').shape;
        const shards = Math.ceil(inputs / (dz.shape[1] || 1));
        const dx = tf.slice(as2D(tf.tile(dz, [1, shards])), [0, 0], [rows, inputs]);
        return saved['mask'] ? tf.mul(dx, saved['mask']) : dx;
      },
      block: () => matmul(input(saved, 'z'), dBlocks, { transposeA: true, scale }),
      residual: () => dy,
    };
  },
});

/**
 * [residual +] scaling · ΔW·(x ∘ mask) of matrix shard sharing (MiSS): ΔW repeats one shard, so that the input is first folded to
 * [rows, r] by summing every r-th entry. `block` [r, width] holds the shard by inputs; it is repeated along the outputs too. x
 * [rows, in] → [rows, out]; the last shard along the inputs may be shorter. Gradients go to x, the block and the residual.
 */
export function shardUpdate(
  x: tf.Tensor2D,
  { block, outputs, scaling }: { readonly block: tf.Tensor; readonly outputs: number; readonly scaling: number },
  { residual, mask }: UpdateOptions = {},
): tf.Tensor2D {
  const repeats = outputs / (block.shape[1] ?? 1);
  return only2D(operation(givenInputs({ x, block, residual, mask }), { scaling, repeats }));
}

function sizesOf(named: OperationInputs, attributes: OperationAttributes) {
  const [r = 0, width = 0] = input(named, 'block').shape;
  return { rows: input(named, 'x').shape[0] ?? 0, r, width, repeats: attribute(attributes, 'repeats') };
}

/** z [rows, r]: entry i is the sum of the inputs i, i + r, i + 2r … */
function folded(named: OperationInputs): tf.Tensor2D {
  const x = as2D(dropped(named));
  const [rows, inputs] = x.shape;
  const r = input(named, 'block').shape[0] ?? 1;
  const shards = Math.ceil(inputs / r);
  const missing = shards * r - inputs;
  const padded =
    missing === 0
      ? x
      : tf.pad(x, [
          [0, 0],
          [0, missing],
        ]);
  return tf.sum(tf.reshape(padded, [rows, shards, r]), 1);
}
