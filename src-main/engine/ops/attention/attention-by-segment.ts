import type * as tf from '@tensorflow/tfjs-core';
import { at } from '../autograd/operation.ts';
import { bySegment } from '../indexing/by-segment.ts';
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
  return bySegment([q, k, v], segments, (parts, tokens) =>
    attention(at(parts, 0), at(parts, 1), at(parts, 2), { ...shape, batch: 1, tokens }),
  );
}
