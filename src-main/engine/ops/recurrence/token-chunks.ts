import * as tf from '@tensorflow/tfjs-core';
import { as2D } from '../autograd/operation.ts';

/** Tokens that are computed together by products of matrices; the recurrent state is carried from chunk to chunk. */
const longestChunk = 32;

/** Layout of rows [batch · tokens, heads · size] that are cut into chunks of tokens. */
export interface ChunkSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly chunks: number;
  /** Tokens of a chunk; the last chunk is padded with zeros. */
  readonly length: number;
}

export function chunkSizes(batch: number, tokens: number): ChunkSizes {
  const length = Math.min(tokens, longestChunk);
  return { batch, tokens, chunks: Math.ceil(tokens / length), length };
}

/**
 * [batch · tokens, own · size] → [chunks · batch · heads, length, size], where each of the `own` heads stands for heads / own
 * consecutive heads.
 */
export function cutChunks(x: tf.Tensor, sizes: ChunkSizes, own: number, heads = own): tf.Tensor {
  const { batch, tokens, chunks, length } = sizes;
  const width = as2D(x).shape[1];
  const missing = chunks * length - tokens;
  const rows = tf.reshape(x, [batch, tokens, width]);
  const padding: [number, number][] = [
    [0, 0],
    [0, missing],
    [0, 0],
  ];
  const whole = missing === 0 ? rows : tf.pad(rows, padding);
  const size = width / own;
  const parted = tf.transpose(tf.reshape(whole, [batch, chunks, length, own, size]), [1, 0, 3, 2, 4]);
  const repeated =
    own === heads ? parted : tf.tile(tf.reshape(parted, [chunks * batch * own, 1, length * size]), [1, heads / own, 1]);
  return tf.reshape(repeated, [chunks * batch * heads, length, size]);
}

/** The inverse of `cutChunks`; values of heads that share one are summed. */
export function joinChunks(x: tf.Tensor, sizes: ChunkSizes, own: number, heads = own): tf.Tensor2D {
  const { batch, tokens, chunks, length } = sizes;
  const size = x.shape[2] ?? 0;
  const summed = own === heads ? x : tf.sum(tf.reshape(x, [chunks * batch * own, heads / own, length * size]), 1);
  const parted = tf.transpose(tf.reshape(summed, [chunks, batch, own, length, size]), [1, 0, 3, 2, 4]);
  const whole = tf.reshape(parted, [batch, chunks * length, own * size]);
  const rows = chunks * length === tokens ? whole : tf.slice(whole, [0, 0, 0], [batch, tokens, own * size]);
  return as2D(tf.reshape(rows, [batch * tokens, own * size]));
}

/**
 * (I + A)⁻¹ of matrices A [n, size, size] that are zero on and above the diagonal. The inverses of blocks of 1, 2, 4 … rows are
 * joined two by two, which is as stable as forward substitution; a power series of A is not.
 */
export function inverseOfUnitLower(lower: tf.Tensor): tf.Tensor {
  const size = lower.shape.at(-1) ?? 0;
  let inverse = tf.sub(tf.reshape(tf.eye(size), [1, size, size]), tf.mul(lower, besideBlocks(size, 1)));
  for (let block = 2; block < size; block *= 2)
    inverse = tf.sub(inverse, tf.matMul(tf.matMul(inverse, tf.mul(lower, besideBlocks(size, block))), inverse));
  return inverse;
}

/** [1, size, size]: 1 where the row is in the second and the column in the first block of a pair of blocks of `block` rows. */
function besideBlocks(size: number, block: number): tf.Tensor {
  return pairMask(size, (row, column) => {
    const [first, second] = [Math.floor(column / block), Math.floor(row / block)];
    return second === first + 1 && first % 2 === 0;
  });
}

/** [1, size, size] of 1 and 0. */
export function pairMask(size: number, isSet: (row: number, column: number) => boolean): tf.Tensor {
  const values = Float32Array.from({ length: size * size }, (_, index) =>
    Number(isSet(Math.floor(index / size), index % size)),
  );
  return tf.tensor3d(values, [1, size, size]);
}
