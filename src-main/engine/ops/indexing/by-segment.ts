import type * as tf from '@tensorflow/tfjs-core';
import { at } from '../autograd/operation.ts';
import { joinRows, rowBlocks } from './row-blocks.ts';

/**
 * Runs on each sequence by itself where rows hold several sequences of `segments` tokens each, one behind the other.
 * @param inputs matrices with a row for each token of all sequences
 */
export function bySegment(
  inputs: readonly tf.Tensor2D[],
  segments: readonly number[],
  run: (inputs: readonly tf.Tensor2D[], tokens: number) => tf.Tensor2D,
): tf.Tensor2D {
  const blocks = inputs.map((x) => rowBlocks(x, segments));
  return joinRows(
    segments.map((tokens, index) =>
      run(
        blocks.map((parts) => at(parts, index)),
        tokens,
      ),
    ),
  );
}
