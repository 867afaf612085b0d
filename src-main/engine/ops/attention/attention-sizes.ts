import * as tf from '@tensorflow/tfjs-core';
import { as2D, attribute, type OperationAttributes } from '../autograd/operation.ts';

/** The attributes of CotoAttention, and the size of a head. */
export interface AttentionSizes {
  readonly batch: number;
  readonly queries: number;
  readonly tokens: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly causal: boolean;
  readonly window: number;
  readonly scale: number;
  /** 0: none. */
  readonly softcap: number;
}

export function readAttentionSizes(attributes: OperationAttributes, q: tf.Tensor): AttentionSizes {
  const heads = attribute(attributes, 'heads');
  return {
    batch: attribute(attributes, 'batch'),
    queries: attribute(attributes, 'queries'),
    tokens: attribute(attributes, 'tokens'),
    heads,
    keyValueHeads: attribute(attributes, 'keyValueHeads'),
    headSize: as2D(q).shape[1] / heads,
    causal: attribute(attributes, 'causal') !== 0,
    window: attribute(attributes, 'window'),
    scale: attribute(attributes, 'scale'),
    softcap: attribute(attributes, 'softcap'),
  };
}

/** [batch · rows, heads · headSize] → [batch · heads, rows, headSize]; the heads of k and v are repeated for q's. */
export function splitHeads(x: tf.Tensor, sizes: AttentionSizes, along: 'queries' | 'tokens'): tf.Tensor3D {
  const { batch, heads, headSize } = sizes;
  const rows = sizes[along];
  const own = as2D(x).shape[1] / headSize;
  const parted = tf.transpose(tf.reshape(x, [batch, rows, own, headSize]), [0, 2, 1, 3]);
  const repeated =
    own === heads ? parted : tf.tile(tf.reshape(parted, [batch * own, 1, rows * headSize]), [1, heads / own, 1]);
  return tf.reshape(repeated, [batch * heads, rows, headSize]);
}

/** [batch · heads, rows, headSize] → [batch · rows, heads · headSize]; for tokens, summed over the heads that share one. */
export function joinHeads(x: tf.Tensor, sizes: AttentionSizes, along: 'queries' | 'tokens'): tf.Tensor2D {
  const { batch, heads, headSize } = sizes;
  const rows = sizes[along];
  const own = along === 'tokens' ? sizes.keyValueHeads : heads;
  const summed = own === heads ? x : tf.sum(tf.reshape(x, [batch * own, heads / own, rows * headSize]), 1);
  const parted = tf.transpose(tf.reshape(summed, [batch, own, rows, headSize]), [0, 2, 1, 3]);
  return as2D(tf.reshape(parted, [batch * rows, own * headSize]));
}

/**
 * 1 where a query attends to a token, else 0: [batch · heads or 1, queries or 1, tokens]; null: every query attends to all.
 */
export function attentionVisibility(sizes: AttentionSizes, mask: tf.Tensor | undefined): tf.Tensor | null {
  const { batch, heads, tokens, causal, window } = sizes;
  const order = causal || window > 0 ? orderOf(sizes) : null;
  if (mask === undefined) return order;
  const padding = tf.reshape(tf.tile(tf.reshape(mask, [batch, 1, tokens]), [1, heads, 1]), [batch * heads, 1, tokens]);
  return order === null ? padding : tf.mul(order, padding);
}

/** [1, queries, tokens] */
function orderOf({ queries, tokens, causal, window }: AttentionSizes): tf.Tensor {
  const values = new Float32Array(queries * tokens);
  for (let query = 0; query < queries; query++) {
    const position = tokens - queries + query;
    const from = window > 0 ? Math.max(0, position - window + 1) : 0;
    const to = causal ? position + 1 : Math.min(tokens, position + window);
    values.fill(1, query * tokens + from, query * tokens + to);
  }
  return tf.tensor3d(values, [1, queries, tokens]);
}
