import * as tf from '@tensorflow/tfjs-core';
import { once } from '../../../../src-shared/once.ts';
import { isTaping, pushOnTape } from '../../compute/tfjs-internals.ts';
import { as2D, at, defineOperation, type OperationInputs, only2D } from '../autograd/operation.ts';

const cut = defineOperation({
  name: 'CotoRowBlocks',
  compose: ({ x }, attributes) => {
    if (x === undefined) throw new Error('there are no rows to cut');
    return tf.split(as2D(x), sizesOf(attributes), 0);
  },
});

const join = defineOperation({
  name: 'CotoJoinRows',
  compose: (inputs) => tf.concat(blocksOf(inputs), 0),
  gradients: (dy, _, attributes) => {
    const parts = once(() => rowBlocks(as2D(dy), sizesOf(attributes)));
    return Object.fromEntries(sizesOf(attributes).map((_, index) => [`block${index}`, () => at(parts(), index)]));
  },
});

/** The rows of x [rows, width] in consecutive blocks of these sizes, which a backend may give without a copy. */
export function rowBlocks(x: tf.Tensor2D, sizes: readonly number[]): tf.Tensor2D[] {
  if (sizes.length === 1) return [x];
  const blocks = cut({ x }, attributesOf(sizes)).map(as2D);
  if (isTaping())
    pushOnTape({
      kernelName: 'CotoRowBlocks',
      inputs: { x },
      outputs: blocks,
      saved: [],
      gradient: (dys) => ({ x: () => joinRows(dys.map(as2D)) }),
    });
  return blocks;
}

/** Blocks of rows of one width, one below the other. */
export function joinRows(blocks: readonly tf.Tensor2D[]): tf.Tensor2D {
  if (blocks.length === 1) return at(blocks, 0);
  const inputs = Object.fromEntries(blocks.map((block, index) => [`block${index}`, block]));
  return only2D(join(inputs, attributesOf(blocks.map(({ shape }) => shape[0]))));
}

function attributesOf(sizes: readonly number[]): Record<string, number> {
  return Object.fromEntries(sizes.map((size, index) => [`rows${index}`, size]));
}

function sizesOf(attributes: Readonly<Record<string, number>>): number[] {
  return Object.keys(attributes).map((_, index) => attributes[`rows${index}`] ?? 0);
}

function blocksOf(inputs: OperationInputs): tf.Tensor2D[] {
  return Object.keys(inputs).map((_, index) => {
    const block = inputs[`block${index}`];
    if (block === undefined) throw new Error(`block ${index} is missing`);
    return as2D(block);
  });
}
