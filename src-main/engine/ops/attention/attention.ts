import * as tf from '@tensorflow/tfjs-core';
import { capped, capSlope } from '../activation/soft-cap.ts';
import {
  at,
  defineOperation,
  givenInputs,
  input,
  multiply,
  type OperationAttributes,
  type OperationDefinition,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
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
   * Sliding window: a token attends to tokens at a distance below `window`, and with `causal` only to those before it and
   * itself. Transformers' bidirectional masks count one less: their distance is at most `sliding_window`. 0: all tokens.
   */
  readonly window?: number;
  /** Factor of the scores. Default: 1 / √headSize. */
  readonly scale?: number;
  /** Limit of the scores, as softcap · tanh(score / softcap), before the mask (Gemma 2). 0: none. */
  readonly softcap?: number;
  /** [heads]: a frozen logit in the denominator of each head's softmax (gpt-oss). */
  readonly sinks?: tf.Tensor1D | null | undefined;
  /** [batch, tokens] of 1 and 0: tokens marked 0 (padding) are ignored. */
  readonly mask?: tf.Tensor2D | undefined;
  /** True if a backend may round operands to bfloat16, with sums in float32. */
  readonly bfloat16?: boolean;
}

/** Replaces −∞: far below any score, but finite. */
const unseen = 1e30;

/** Gradients of q, k and v from the forward pass's operands and outputs, and dy. */
function composeGradient(inputs: OperationInputs, attributes: OperationAttributes): tf.Tensor[] {
  const sizes = readAttentionSizes(attributes, input(inputs, 'q'));
  const [q, k] = [splitHeads(input(inputs, 'q'), sizes, 'queries'), splitHeads(input(inputs, 'k'), sizes, 'tokens')];
  const v = splitHeads(input(inputs, 'v'), sizes, 'tokens');
  const [y, dy] = [splitHeads(input(inputs, 'y'), sizes, 'queries'), splitHeads(input(inputs, 'dy'), sizes, 'queries')];
  const visible = attentionVisibility(sizes, inputs['mask']);
  // A row that attends to nothing has the sum −∞.
  const sums = tf.maximum(input(inputs, 'logSumExp'), -unseen);
  const scores = scoresOf(q, k, sizes);
  const powers = tf.exp(tf.sub(hidden(scores, visible), tf.reshape(sums, [-1, sizes.queries, 1])));
  const p = visible === null ? powers : tf.mul(powers, visible);
  const dots = tf.sum(tf.mul(dy, y), -1, true);
  const slopes = tf.mul(p, tf.sub(multiply(dy, v, false, true), dots));
  const ds = tf.mul(sizes.softcap > 0 ? tf.mul(slopes, capSlope(scores, sizes.softcap)) : slopes, sizes.scale);
  return [
    joinHeads(multiply(ds, k), sizes, 'queries'),
    joinHeads(multiply(ds, q, true), sizes, 'tokens'),
    joinHeads(multiply(p, dy, true), sizes, 'tokens'),
  ];
}

/** Outputs: the attended values, like q, and the logarithm of each softmax's denominator [batch · heads, queries]. */
function compose(inputs: OperationInputs, attributes: OperationAttributes): tf.Tensor[] {
  const sizes = readAttentionSizes(attributes, input(inputs, 'q'));
  const [q, k] = [splitHeads(input(inputs, 'q'), sizes, 'queries'), splitHeads(input(inputs, 'k'), sizes, 'tokens')];
  const visible = attentionVisibility(sizes, inputs['mask']);
  const scores = hidden(scoresOf(q, k, sizes), visible);
  const highest = tf.max(scores, -1, true);
  const powers = tf.exp(tf.sub(scores, highest));
  const seen = visible === null ? powers : tf.mul(powers, visible);
  const sums = tf.sum(seen, -1, true);
  // A row that attends to nothing has the sum 0; the sums of the others are at least 1.
  const probabilities = tf.div(seen, tf.maximum(sums, 1e-30));
  const y = multiply(probabilities, splitHeads(input(inputs, 'v'), sizes, 'tokens'));
  const logSumExp = tf.add(highest, tf.log(sums));
  return [joinHeads(y, sizes, 'queries'), tf.reshape(logSumExp, [sizes.batch * sizes.heads, sizes.queries])];
}

const saved = {
  inputs: ['q', 'k', 'v', 'mask'],
  outputs: ['y', 'logSumExp'],
  states: ['q', 'k', 'v', 'y'],
};

const gradient = defineOperation({ name: 'CotoAttentionGradient', compose: composeGradient });

/** One pass computes all three gradients: they share the gradient of the probabilities. */
const gradients: OperationDefinition['gradients'] = (dy, kept, attributes) => {
  const made = gradient({ ...kept, dy }, attributes);
  return { q: () => at(made, 0), k: () => at(made, 1), v: () => at(made, 2) };
};

const operation = defineOperation({ name: 'CotoAttention', compose, saved, gradients });

/** The same with both outputs, without gradients. */
const parts = defineOperation({ name: 'CotoAttention', compose });

const withSinks = defineOperation({
  name: 'CotoAttentionWithSinks',
  compose: ({ sinks, ...inputs }, attributes) => {
    const [y, sums] = parts(inputs, attributes);
    if (y === undefined || sums === undefined || sinks === undefined) throw new Error('attention lacks its sinks');
    return addSinks(y, sums, sinks, readAttentionSizes(attributes, y));
  },
  saved,
  gradients,
});

/**
 * Adds the sinks to the denominators of finished softmaxes. A sink has no value, so that the outputs shrink by a factor;
 * the gradients of the other scores have the same form as without it.
 */
function addSinks(y: tf.Tensor, sums: tf.Tensor, sinks: tf.Tensor, sizes: AttentionSizes): tf.Tensor[] {
  const { batch, queries, heads, headSize } = sizes;
  const logits = tf.tile(tf.reshape(sinks, [heads, 1]), [batch, 1]);
  const all = logarithmOfSum(sums, logits);
  const factors = tf.reshape(tf.exp(tf.sub(sums, all)), [batch, heads, queries]);
  const byRow = tf.reshape(tf.transpose(factors, [0, 2, 1]), [batch * queries, heads, 1]);
  const shrunk = tf.mul(tf.reshape(y, [batch * queries, heads, headSize]), byRow);
  return [tf.reshape(shrunk, y.shape), all];
}

/** log(eᵃ + eᵇ) */
function logarithmOfSum(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.add(tf.maximum(a, b), tf.log1p(tf.exp(tf.sub(tf.minimum(a, b), tf.maximum(a, b)))));
}

/**
 * Multi-head attention (Vaswani et al. 2017): softmax(scale · q·kᵀ)·v for each head, over the tokens that a query may
 * attend to; a query without any gets zeros. q [batch · queryTokens, heads · headSize], k and v [batch · tokens,
 * keyValueHeads · headSize] → like q. No matrix of queries × tokens is kept for the backward pass.
 */
export function attention(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, shape: AttentionShape): tf.Tensor2D {
  const { batch, tokens, heads, queryTokens = tokens, keyValueHeads = heads, mask, sinks } = shape;
  const { causal = false, window = 0, bfloat16 = false, softcap = 0 } = shape;
  const { scale = 1 / Math.sqrt(q.shape[1] / heads) } = shape;
  const sizes = { batch, queries: queryTokens, tokens, heads, keyValueHeads, window, scale, softcap };
  const flags = { causal: Number(causal), bfloat16: Number(bfloat16) };
  return only2D((sinks ? withSinks : operation)(givenInputs({ q, k, v, mask, sinks }), { ...sizes, ...flags }));
}

/** scale · q·kᵀ [batch · heads, queries, tokens], below the soft cap if there is one. */
function scoresOf(q: tf.Tensor, k: tf.Tensor, { scale, softcap }: AttentionSizes): tf.Tensor {
  const scores = multiply(tf.mul(q, scale), k, false, true);
  return softcap > 0 ? capped(scores, softcap) : scores;
}

/** The scores with masked entries far below. */
function hidden(scores: tf.Tensor, visible: tf.Tensor | null): tf.Tensor {
  if (visible === null) return scores;
  return tf.add(tf.mul(scores, visible), tf.mul(tf.sub(visible, 1), unseen));
}
