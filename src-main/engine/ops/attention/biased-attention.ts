import * as tf from '@tensorflow/tfjs-core';
import {
  as2D,
  at,
  attribute,
  defineOperation,
  givenInputs,
  input,
  multiply,
  type OperationAttributes,
  type OperationInputs,
  only2D,
} from '../autograd/operation.ts';
import { type AttentionSizes, joinHeads, splitHeads } from './attention-sizes.ts';

/** Layout of the rows of q, k and v. */
export interface BiasedAttentionShape {
  readonly batch: number;
  /** Tokens of k and v. */
  readonly tokens: number;
  readonly queryTokens: number;
  readonly heads: number;
  /** Factor of the scores, without the biases. */
  readonly scale: number;
  /** [batch, tokens] of 1 and 0: tokens marked 0 (padding) are ignored. */
  readonly mask?: tf.Tensor2D | undefined;
}

/** Operands of some examples: heads one by one, [examples · heads, rows, headSize]. */
interface Examples {
  readonly q: tf.Tensor3D;
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
  /** [heads, queries, tokens] */
  readonly bias: tf.Tensor3D;
  /** [examples, tokens]; undefined: all tokens are attended to. */
  readonly mask: tf.Tensor2D | undefined;
  readonly sizes: AttentionSizes;
}

/** Bias of a pair of positions that do not attend: far below any score, but finite. */
export const unseenBias = -1e30;
/** Scores in memory at a time: 2 MB, or those of one example. */
const scoresAtOnce = 512 * 1024;

const gradient = defineOperation({
  name: 'CotoBiasedAttentionGradient',
  compose: (inputs, attributes) => {
    const made = byExamples(inputs, attributes, (some, cut) => {
      const { q, k, v, sizes } = some;
      const p = probabilities(some);
      const dy = splitHeads(cut('dy', sizes.queries), sizes, 'queries');
      // Few matrices of scores live at a time.
      const dp = multiply(dy, v, false, true);
      const sums = tf.tidy(() => tf.sum(tf.mul(dp, p), -1, true));
      const centered = replaced(dp, (given) => tf.sub(given, sums));
      const ds = replaced(centered, (given) => tf.mul(given, p));
      const scaled = (x: tf.Tensor) => tf.mul(x, sizes.scale);
      return [
        joinHeads(scaled(multiply(ds, k)), sizes, 'queries'),
        joinHeads(scaled(multiply(ds, q, true)), sizes, 'tokens'),
        joinHeads(multiply(p, dy, true), sizes, 'tokens'),
      ];
    });
    return [0, 1, 2].map((part) => tf.concat(made.map((results) => at(results, part))));
  },
});

const operation = defineOperation({
  name: 'CotoBiasedAttention',
  compose: (inputs, attributes) => {
    const made = byExamples(inputs, attributes, (some) => [
      joinHeads(multiply(probabilities(some), some.v), some.sizes, 'queries'),
    ]);
    return tf.concat(made.map((results) => at(results, 0)));
  },
  saved: { inputs: ['q', 'k', 'v', 'bias', 'mask'], states: ['q', 'k', 'v'] },
  gradients: (dy, saved, attributes) => {
    // One pass computes all three: they share the probabilities.
    const made = gradient({ ...saved, dy }, attributes);
    return { q: () => at(made, 0), k: () => at(made, 1), v: () => at(made, 2) };
  },
});

/**
 * Attention with a bias for each pair of positions (Raffel et al. 2020): softmax(scale · q·kᵀ + bias)·v for each head. q [batch ·
 * queryTokens, heads · headSize], k and v [batch · tokens, heads · headSize], bias [heads, queryTokens, tokens] → like q. Pairs
 * with `unseenBias` do not attend. The scores of a few examples are in memory at a time, and none is kept for the backward pass.
 * The bias is frozen: it has no gradient.
 */
export function biasedAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  bias: tf.Tensor3D,
  { batch, tokens, queryTokens, heads, scale, mask }: BiasedAttentionShape,
): tf.Tensor2D {
  const attributes = { batch, tokens, queries: queryTokens, heads, scale };
  return only2D(operation(givenInputs({ q, k, v, bias, mask }), attributes));
}

/** Values of the scores in memory at a time, of `each` an example. */
export function biasedScores(batch: number, each: number): number {
  return each * examplesAtOnce(batch, each);
}

function examplesAtOnce(batch: number, each: number): number {
  return Math.min(batch, Math.max(1, Math.floor(scoresAtOnce / each)));
}

/** Runs for as many examples at a time as have room for their scores. */
function byExamples(
  inputs: OperationInputs,
  attributes: OperationAttributes,
  run: (some: Examples, cut: (name: string, rows: number) => tf.Tensor2D) => tf.Tensor[],
): tf.Tensor[][] {
  const named = (name: string) => attribute(attributes, name);
  const [batch, heads, queries, tokens] = [named('batch'), named('heads'), named('queries'), named('tokens')];
  const atOnce = examplesAtOnce(batch, heads * queries * tokens);
  const bias = tf.reshape<tf.Rank.R3>(input(inputs, 'bias'), [heads, queries, tokens]);
  const results: tf.Tensor[][] = [];
  for (let start = 0; start < batch; start += atOnce) {
    const count = Math.min(atOnce, batch - start);
    const cut = (name: string, rows: number) => {
      const x = as2D(input(inputs, name));
      return count === batch ? x : tf.slice(x, [start * rows, 0], [count * rows, x.shape[1]]);
    };
    const made: tf.Tensor[] = [];
    tf.tidy(() => {
      const q = cut('q', queries);
      const sizes: AttentionSizes = {
        ...{ batch: count, queries, tokens, heads, keyValueHeads: heads, headSize: q.shape[1] / heads },
        ...{ causal: false, window: 0, scale: named('scale'), softcap: 0 },
      };
      const some = {
        q: splitHeads(q, sizes, 'queries'),
        k: splitHeads(cut('k', tokens), sizes, 'tokens'),
        v: splitHeads(cut('v', tokens), sizes, 'tokens'),
        ...{ bias, sizes },
        mask: inputs['mask'] && cut('mask', 1),
      };
      made.push(...run(some, cut));
      return made;
    });
    results.push(made);
  }
  return results;
}

/** [examples · heads, queries, tokens] */
function probabilities({ q, k, bias, mask, sizes }: Examples): tf.Tensor {
  const { batch, heads, queries, tokens } = sizes;
  const products = tf.tidy(() => multiply(tf.mul(q, sizes.scale), k, false, true));
  const biased = replaced(products, (given) => tf.add(given, batch === 1 ? bias : tf.tile(bias, [batch, 1, 1])));
  const scores =
    mask === undefined
      ? biased
      : replaced(biased, (given) => {
          const hidden = tf.reshape(tf.mul(tf.sub(1, mask), unseenBias), [batch, 1, tokens]);
          const byHead = tf.tile(hidden, [1, heads, 1]);
          return tf.add(given, tf.reshape(byHead, [batch * heads, 1, tokens]));
        });
  return tf.reshape(
    replaced(scores, (given) => tf.softmax(given)),
    [batch * heads, queries, tokens],
  );
}

/** The result, without what it is computed of. */
function replaced(given: tf.Tensor, compute: (given: tf.Tensor) => tf.Tensor): tf.Tensor {
  const made = tf.tidy(() => compute(given));
  given.dispose();
  return made;
}
