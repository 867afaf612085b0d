import * as tf from '@tensorflow/tfjs-core';
import { unseenBias } from '../../ops/attention/biased-attention.ts';

/** Attention biases by distance: distances share rows of a table, on a logarithmic scale from half of them on. */
export interface RelativeBuckets {
  /** Rows of the table. */
  readonly buckets: number;
  readonly maxDistance: number;
  /** True if tokens attend to later ones, whose distances have rows of their own; else later ones are left out. */
  readonly isBidirectional: boolean;
}

/** Returns the row of a distance: the position of the token minus that of the query. In float32, as rounding decides it. */
export function bucketOf(distance: number, { buckets, maxDistance, isBidirectional }: RelativeBuckets): number {
  const count = isBidirectional ? buckets >> 1 : buckets;
  const first = isBidirectional && distance > 0 ? count : 0;
  const size = isBidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = count >> 1;
  if (size < exact) return first + size;
  const { fround, log } = Math;
  const share = fround(fround(log(fround(size / exact))) / fround(log(maxDistance / exact)));
  return first + Math.min(count - 1, exact + Math.trunc(fround(share * (count - exact))));
}

/**
 * Biases [heads, queries, tokens] of the last `queries` of `tokens` tokens.
 * @param table [buckets, heads]
 */
export function relativeBias(
  table: tf.Tensor2D,
  relative: RelativeBuckets,
  { queries, tokens }: { readonly queries: number; readonly tokens: number },
): tf.Tensor3D {
  const rows = new Int32Array(queries * tokens);
  const past = tokens - queries;
  // Each distance has one row, whatever query it is of.
  const byDistance = Int32Array.from({ length: 2 * tokens - 1 }, (_, at) => bucketOf(at - (tokens - 1), relative));
  for (let query = 0; query < queries; query++) {
    const from = tokens - 1 - (past + query);
    rows.set(byDistance.subarray(from, from + tokens), query * tokens);
  }
  return tf.tidy(() => {
    const biases = tf.transpose(tf.gather(table, tf.tensor1d(rows, 'int32')));
    const byHead = tf.reshape<tf.Rank.R3>(biases, [table.shape[1], queries, tokens]);
    if (relative.isBidirectional || queries === 1) return byHead;
    const later = Float32Array.from({ length: queries * tokens }, (_, at) =>
      at % tokens > past + Math.floor(at / tokens) ? unseenBias : 0,
    );
    return tf.add(byHead, tf.tensor3d(later, [1, queries, tokens]));
  });
}
