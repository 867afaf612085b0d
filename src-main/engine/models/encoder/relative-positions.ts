import * as tf from '@tensorflow/tfjs-core';

/** DeBERTa's relative positions (He et al. 2021). */
export interface RelativePositions {
  /** Rows of the table for each direction. */
  readonly span: number;
  /**
   * Distances up to half of these have their own row, larger ones share rows on a logarithmic scale; 0: all have their own.
   */
  readonly buckets: number;
  /** Distance at which the last bucket begins. */
  readonly maxDistance: number;
  /** True if queries are scored with the key of a distance. */
  readonly contentToPosition: boolean;
  /** True if keys are scored with the query of a distance. */
  readonly positionToContent: boolean;
  /** True if distances share the linears of queries and keys; false if they have their own. */
  readonly sharesLinears: boolean;
  readonly normalizes: boolean;
}

/** Rows of the table for sequences up to some length, and the row of each distance. */
export interface Reach {
  readonly firstRow: number;
  readonly rowCount: number;
  /** Row of each distance −(tokens − 1) … tokens − 1, counted from `firstRow`. */
  readonly rows: Int32Array;
}

export function reachOf(relative: RelativePositions, tokens: number): Reach {
  const { span, buckets, maxDistance } = relative;
  const all = Array.from({ length: 2 * tokens - 1 }, (_, index) => {
    const distance = index - (tokens - 1);
    const bucket = buckets > 0 ? logBucket(distance, buckets, maxDistance) : distance;
    return Math.min(Math.max(bucket + span, 0), 2 * span - 1);
  });
  const firstRow = all[0] ?? 0;
  const rowCount = (all.at(-1) ?? 0) - firstRow + 1;
  return { firstRow, rowCount, rows: Int32Array.from(all, (row) => row - firstRow) };
}

/** One-hot rows of the distances [2·tokens − 1, rows], in ascending or descending order. */
export function reachMatrix({ rows, rowCount }: Reach, isDescending: boolean): tf.Tensor2D {
  const values = new Float32Array(rows.length * rowCount);
  rows.forEach((row, index) => {
    values[(isDescending ? rows.length - 1 - index : index) * rowCount + row] = 1;
  });
  return tf.tensor2d(values, [rows.length, rowCount]);
}

/** In float32 like the reference, since rounding decides the bucket. */
function logBucket(distance: number, buckets: number, maxDistance: number): number {
  const middle = Math.floor(buckets / 2);
  const size = Math.abs(distance);
  if (size <= middle) return distance;
  const { fround, log } = Math;
  const share = fround(fround(log(fround(size / middle))) / fround(log(fround((maxDistance - 1) / middle))));
  return Math.sign(distance) * (Math.ceil(fround(share * (middle - 1))) + middle);
}
