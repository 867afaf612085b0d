import type * as tf from '@tensorflow/tfjs-core';
import { at } from '../autograd/operation.ts';
import { joinRows, rowBlocks } from '../indexing/row-blocks.ts';
import { type AttentionShape, attention } from './attention.ts';

/**
 * `attention` over rows that hold several sequences of `segments` tokens each, one behind the other: a token attends to its own
 * sequence alone. Computed sequence by sequence, which leaves out the scores between them. Their sum is the rows of q, k and v.
 */
export function attentionBySegment(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  segments: readonly number[],
  shape: Omit<AttentionShape, 'batch' | 'tokens' | 'queryTokens' | 'mask'>,
): tf.Tensor2D {
  const [qs, ks, vs] = [rowBlocks(q, segments), rowBlocks(k, segments), rowBlocks(v, segments)];
  return joinRows(
    segments.map((tokens, index) =>
      attention(at(qs, index), at(ks, index), at(vs, index), { ...shape, batch: 1, tokens }),
    ),
  );
}
