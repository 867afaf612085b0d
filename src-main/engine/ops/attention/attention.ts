import * as tf from '@tensorflow/tfjs-core';
import { at, defineOperation, givenInputs, input, multiply, only2D } from '../autograd/operation.ts';
import {
  type AttentionSizes,
  attentionVisibility,
  joinHeads,
  readAttentionSizes,
  splitHeads,
} from './attention-sizes.ts';

/** Layout of the rows of q, k and v. */
export interface AttentionShape {
  readonly batch: number;
  /** Tokens of k and v. */
  readonly tokens: number;
  readonly heads: number;
  /** Number of query tokens, the last ones, if fewer than `tokens`, e.g. 1 if only the class token is needed. */
  readonly queryTokens?: number;
  /** Number of key/value heads, if fewer than `heads`: each then serves a group of query heads, in order. */
  readonly keyValueHeads?: number;
  /** Causal: tokens attend to no later ones. */
  readonly causal?: boolean;
  /**
   * Sliding window: tokens attend to this number of last tokens, including themselves (causal attention only). 0: all.
   */
  readonly window?: number;
  /** [batch, tokens] of 1 and 0: tokens marked 0 (padding) are ignored. */
  readonly mask?: tf.Tensor2D | undefined;
  /** True if a backend may round operands to bfloat16, with sums in float32. */
  readonly bfloat16?: boolean;
}

/** Replaces −∞: far below any score, but finite. */
const unseen = 1e30;

const gradient = defineOperation({
  name: 'CotoAttentionGradient',
  compose: (inputs, attributes) => {
    const sizes = readAttentionSizes(attributes, input(inputs, 'q'));
    const [q, k] = [splitHeads(input(inputs, 'q'), sizes, 'queries'), splitHeads(input(inputs, 'k'), sizes, 'tokens')];
    const v = splitHeads(input(inputs, 'v'), sizes, 'tokens');
    const [y, dy] = [
      splitHeads(input(inputs, 'y'), sizes, 'queries'),
      splitHeads(input(inputs, 'dy'), sizes, 'queries'),
    ];
    const visible = attentionVisibility(sizes, inputs['mask']);
    // A row that attends to nothing has the sum −∞.
    const sums = tf.maximum(input(inputs, 'logSumExp'), -unseen);
    const powers = tf.exp(tf.sub(scoresOf(q, k, sizes, visible), tf.reshape(sums, [-1, sizes.queries, 1])));
    const p = visible === null ? powers : tf.mul(powers, visible);
    const dots = tf.sum(tf.mul(dy, y), -1, true);
    const ds = tf.mul(tf.mul(p, tf.sub(multiply(dy, v, false, true), dots)), sizes.scale);
    return [
      joinHeads(multiply(ds, k), sizes, 'queries'),
      joinHeads(multiply(ds, q, true), sizes, 'tokens'),
      joinHeads(multiply(p, dy, true), sizes, 'tokens'),
    ];
  },
});

/** Outputs: the attended values, like q, and the logarithm of each softmax's denominator [batch · heads, queries]. */
const operation = defineOperation({
  name: 'CotoAttention',
  compose: (inputs, attributes) => {
    const sizes = readAttentionSizes(attributes, input(inputs, 'q'));
    const [q, k] = [splitHeads(input(inputs, 'q'), sizes, 'queries'), splitHeads(input(inputs, 'k'), sizes, 'tokens')];
    const visible = attentionVisibility(sizes, inputs['mask']);
    const scores = scoresOf(q, k, sizes, visible);
    const highest = tf.max(scores, -1, true);
    const powers = tf.exp(tf.sub(scores, highest));
    const seen = visible === null ? powers : tf.mul(powers, visible);
    const sums = tf.sum(seen, -1, true);
    // A row that attends to nothing has the sum 0; the sums of the others are at least 1.
    const probabilities = tf.div(seen, tf.maximum(sums, 1e-30));
    const y = multiply(probabilities, splitHeads(input(inputs, 'v'), sizes, 'tokens'));
    const logSumExp = tf.add(highest, tf.log(sums));
    return [joinHeads(y, sizes, 'queries'), tf.reshape(logSumExp, [sizes.batch * sizes.heads, sizes.queries])];
  },
  saved: { inputs: ['q', 'k', 'v', 'mask'], outputs: ['y', 'logSumExp'], states: ['q', 'k', 'v', 'y'] },
  gradients: (dy, saved, attributes) => {
    // One pass computes all three: they share the gradient of the probabilities.
    const made = gradient({ ...saved, dy }, attributes);
    return { q: () => at(made, 0), k: () => at(made, 1), v: () => at(made, 2) };
  },
});

/**
 * Multi-head attention (Vaswani et al. 2017): softmax(q·kᵀ / √headSize)·v for each head, over the tokens that a query may
 * attend to; a query without any gets zeros. q [batch · queryTokens, heads · headSize], k and v [batch · tokens,
 * keyValueHeads · headSize] → like q. No matrix of queries × tokens is kept for the backward pass.
 */
export function attention(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, shape: AttentionShape): tf.Tensor2D {
  const { batch, tokens, heads, queryTokens = tokens, keyValueHeads = heads, mask } = shape;
  const { causal = false, window = 0, bfloat16 = false } = shape;
  if (window > 0 && !causal) throw new Error('a window of tokens is for causal attention');
  const scale = 1 / Math.sqrt(q.shape[1] / heads);
  const sizes = { batch, queries: queryTokens, tokens, heads, keyValueHeads, window, scale };
  const flags = { causal: Number(causal), bfloat16: Number(bfloat16) };
  return only2D(operation(givenInputs({ q, k, v, mask }), { ...sizes, ...flags }));
}

/** scale · q·kᵀ [batch · heads, queries, tokens], masked entries far below. */
function scoresOf(q: tf.Tensor, k: tf.Tensor, sizes: AttentionSizes, visible: tf.Tensor | null): tf.Tensor {
  const scores = multiply(tf.mul(q, sizes.scale), k, false, true);
  if (visible === null) return scores;
  return tf.add(tf.mul(scores, visible), tf.mul(tf.sub(visible, 1), unseen));
}
