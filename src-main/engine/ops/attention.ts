import * as tf from '@tensorflow/tfjs-core';
import { as2D, at, attribute, defineOperation, input, type OperationAttributes, single } from './operation.ts';

/** How the rows of q, k and v are to be read. */
export interface AttentionShape {
  readonly batch: number;
  /** Tokens of k and v. */
  readonly tokens: number;
  readonly heads: number;
  /** Tokens of q where they are fewer, e.g. 1 where only the class token is wanted; else `tokens`. */
  readonly queryTokens?: number;
}

interface Sizes {
  readonly batch: number;
  readonly tokens: number;
  readonly queries: number;
  readonly heads: number;
}

const gradient = defineOperation({
  name: 'CotoAttentionGradient',
  compose: (inputs, attributes) => {
    const sizes = readSizes(attributes);
    const [q, dy] = [split(input(inputs, 'q'), sizes, 'queries'), split(input(inputs, 'dy'), sizes, 'queries')];
    const [k, v] = [split(input(inputs, 'k'), sizes, 'tokens'), split(input(inputs, 'v'), sizes, 'tokens')];
    const p = input(inputs, 'probabilities');
    const scale = scaleOf(q);
    const dp = tf.matMul(dy, v, false, true);
    const dots = tf.sum(tf.mul(dp, p), -1, true);
    const ds = tf.mul(tf.mul(p, tf.sub(dp, dots)), scale);
    return [
      join(tf.matMul(ds, k), sizes, 'queries'),
      join(tf.matMul(ds, q, true, false), sizes, 'tokens'),
      join(tf.matMul(p, dy, true, false), sizes, 'tokens'),
    ];
  },
});

/** Outputs: the attended values [batch · queries, hidden], and the probabilities [batch · heads, queries, tokens]. */
const operation = defineOperation({
  name: 'CotoAttention',
  compose: (inputs, attributes) => {
    const sizes = readSizes(attributes);
    const q = split(input(inputs, 'q'), sizes, 'queries');
    const k = split(input(inputs, 'k'), sizes, 'tokens');
    const v = split(input(inputs, 'v'), sizes, 'tokens');
    const scores = tf.matMul(tf.mul(q, scaleOf(q)), k, false, true);
    const probabilities = tf.softmax(scores);
    return [join(tf.matMul(probabilities, v), sizes, 'queries'), probabilities];
  },
  saved: { inputs: ['q', 'k', 'v'], outputs: [false, true] },
  gradients: (dys, saved, attributes) => {
    const [q, k, v, probabilities] = [at(saved, 0), at(saved, 1), at(saved, 2), at(saved, 3)];
    // One pass serves all three: they share the probabilities' gradient.
    const made = gradient({ q, k, v, probabilities, dy: single(dys) }, attributes);
    return { q: () => tf.clone(at(made, 0)), k: () => tf.clone(at(made, 1)), v: () => tf.clone(at(made, 2)) };
  },
});

/**
 * Multi-head attention without a mask (Vaswani et al. 2017): softmax(q·kᵀ / √headSize)·v for each head.
 * q [batch · queryTokens, hidden], k and v [batch · tokens, hidden] → [batch · queryTokens, hidden].
 */
export function attention(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, shape: AttentionShape): tf.Tensor2D {
  const { batch, tokens, heads, queryTokens = tokens } = shape;
  const [attended, probabilities] = operation({ q, k, v }, { batch, tokens, queries: queryTokens, heads });
  probabilities?.dispose();
  if (attended === undefined) throw new Error('attention gave no output');
  return as2D(attended);
}

function readSizes(attributes: OperationAttributes): Sizes {
  return {
    batch: attribute(attributes, 'batch'),
    tokens: attribute(attributes, 'tokens'),
    queries: attribute(attributes, 'queries'),
    heads: attribute(attributes, 'heads'),
  };
}

/** [batch · tokens, hidden] → [batch · heads, tokens, headSize] */
function split(x: tf.Tensor, sizes: Sizes, along: 'tokens' | 'queries'): tf.Tensor3D {
  const hidden = at2(x.shape);
  const headSize = hidden / sizes.heads;
  const parted = tf.reshape(x, [sizes.batch, sizes[along], sizes.heads, headSize]);
  return tf.reshape(tf.transpose(parted, [0, 2, 1, 3]), [sizes.batch * sizes.heads, sizes[along], headSize]);
}

/** [batch · heads, tokens, headSize] → [batch · tokens, hidden] */
function join(x: tf.Tensor, sizes: Sizes, along: 'tokens' | 'queries'): tf.Tensor2D {
  const headSize = x.shape[2] ?? 0;
  const parted = tf.reshape(x, [sizes.batch, sizes.heads, sizes[along], headSize]);
  return tf.reshape(tf.transpose(parted, [0, 2, 1, 3]), [sizes.batch * sizes[along], sizes.heads * headSize]);
}

function scaleOf(x: tf.Tensor3D): number {
  return 1 / Math.sqrt(x.shape[2]);
}

function at2(shape: readonly number[]): number {
  const last = shape[1];
  if (last === undefined) throw new Error('attention takes matrices');
  return last;
}
