import * as tf from '@tensorflow/tfjs-core';
import { as2D, at, defineOperation, givenInputs, input, multiply } from '../autograd/operation.ts';
import {
  type AttentionSizes,
  attentionVisibility,
  joinHeads,
  readAttentionSizes,
  splitHeads,
} from './attention-sizes.ts';

/** How the rows of q, k and v are to be read. */
export interface AttentionShape {
  readonly batch: number;
  /** Tokens of k and v. */
  readonly tokens: number;
  readonly heads: number;
  /**
   * Tokens of q where they are fewer, e.g. 1 where only the class token is wanted; else `tokens`. They are the last
   * ones.
   */
  readonly queryTokens?: number;
  /** Heads of k and v where they are fewer: each then serves as many heads of q, in order. */
  readonly keyValueHeads?: number;
  /** Tokens see no later ones. */
  readonly causal?: boolean;
  /**
   * Sliding window: tokens attend to this number of last tokens, including themselves (causal attention only). 0: all.
   */
  readonly window?: number;
  /** [batch, tokens] of 1 and 0: tokens of 0 (padding) are not seen. */
  readonly mask?: tf.Tensor2D | undefined;
}

/** Stands in for −∞: what is far below any score, and can still be computed with. */
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
    // A row that sees nothing has the sum −∞.
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
    // A row that sees nothing has the sum 0; the values of the others are at least 1.
    const probabilities = tf.div(seen, tf.maximum(sums, 1e-30));
    const y = multiply(probabilities, splitHeads(input(inputs, 'v'), sizes, 'tokens'));
    const logSumExp = tf.add(highest, tf.log(sums));
    return [joinHeads(y, sizes, 'queries'), tf.reshape(logSumExp, [sizes.batch * sizes.heads, sizes.queries])];
  },
  saved: { inputs: ['q', 'k', 'v', 'mask'], outputs: ['y', 'logSumExp'] },
  gradients: (dy, saved, attributes) => {
    // One pass serves all three: they share the probabilities' gradient.
    const made = gradient({ ...saved, dy }, attributes);
    return { q: () => at(made, 0), k: () => at(made, 1), v: () => at(made, 2) };
  },
});

/**
 * Multi-head attention (Vaswani et al. 2017): softmax(q·kᵀ / √headSize)·v for each head, over the tokens that a query
 * may see; a query that may see none gets zeros. q [batch · queryTokens, heads · headSize], k and v [batch · tokens,
 * keyValueHeads · headSize] → like q. No matrix of queries × tokens is kept for the backward pass.
 */
export function attention(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, shape: AttentionShape): tf.Tensor2D {
  const { batch, tokens, heads, queryTokens = tokens, keyValueHeads = heads, causal = false, window = 0, mask } = shape;
  if (window > 0 && !causal) throw new Error('a window of tokens is for causal attention');
  const scale = 1 / Math.sqrt(q.shape[1] / heads);
  const sizes = { batch, queries: queryTokens, tokens, heads, keyValueHeads, causal: Number(causal), window, scale };
  const [attended, sums] = operation(givenInputs({ q, k, v, mask }), sizes);
  sums?.dispose();
  if (attended === undefined) throw new Error('attention gave no output');
  return as2D(attended);
}

/** scale · q·kᵀ [batch · heads, queries, tokens], with what is not seen far below. */
function scoresOf(q: tf.Tensor, k: tf.Tensor, sizes: AttentionSizes, visible: tf.Tensor | null): tf.Tensor {
  const scores = multiply(tf.mul(q, sizes.scale), k, false, true);
  if (visible === null) return scores;
  return tf.add(tf.mul(scores, visible), tf.mul(tf.sub(visible, 1), unseen));
}
