import * as tf from '@tensorflow/tfjs-core';
import {
  as2D,
  at,
  attribute,
  defineOperation,
  givenInputs,
  input,
  multiply,
  type OperationInputs,
} from '../autograd/operation.ts';
import { matmul } from '../linear/matmul.ts';

/** Projected rows of the distances, and the row of each distance. */
export interface Distances {
  /** [rows, heads · headSize], keys of the distances; null: queries are not scored with them. */
  readonly keys: tf.Tensor2D | null;
  /** [rows, heads · headSize], queries of the distances, scored with the keys. */
  readonly queries: tf.Tensor2D | null;
  /** [2·tokens − 1, rows]: a one in the row of each distance −(tokens − 1) … tokens − 1. */
  readonly ascending: tf.Tensor2D;
  /** The same, from the last distance to the first. */
  readonly descending: tf.Tensor2D;
}

interface Shape {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  /** Number of query tokens: all, or only the first. */
  readonly queryTokens: number;
  /** [batch, tokens] of 1 and 0: tokens marked 0 (padding) are ignored. */
  readonly mask?: tf.Tensor2D | undefined;
}

interface Sizes {
  readonly heads: number;
  readonly queries: number;
  readonly tokens: number;
  readonly scale: number;
}

/** Operands of one example, each [heads, rows, headSize]. */
interface Example {
  readonly q: tf.Tensor;
  readonly k: tf.Tensor;
  readonly v: tf.Tensor;
  /** [tokens], or null. */
  readonly mask: tf.Tensor | null;
}

/** The distances' keys and queries one by one, [heads, 2·tokens − 1 or tokens, headSize]; null where there are none. */
interface ByDistance {
  readonly keys: tf.Tensor | null;
  readonly queries: tf.Tensor | null;
}

/** Replaces −∞: far below any score, but finite. */
const unseen = 1e30;

const gradient = defineOperation({
  name: 'CotoDisentangledAttentionGradient',
  compose: (inputs, attributes) => {
    const sizes = sizesOf(attributes);
    const byDistance = expanded(inputs, sizes);
    const sums = new Map<string, tf.Tensor>();
    const made = examples(inputs, attributes).map((example, index) => {
      const dy = headsOf(input(inputs, 'dy'), sizes, index, sizes.queries);
      const results = tf.tidy(() => exampleGradients(example, byDistance, dy, sizes));
      for (const part of ['keys', 'queries']) {
        const [added, before] = [results[part], sums.get(part)];
        if (added === undefined) continue;
        sums.set(part, before === undefined ? added : tf.add(before, added));
        if (before !== undefined) tf.dispose([before, added]);
      }
      return results;
    });
    const all = (part: string) => tf.concat(made.map((results) => input(results, part)));
    const positions = (['keys', 'queries'] as const).flatMap((part) => {
      const sum = sums.get(part);
      return sum === undefined ? [] : [matmul(placesOf(inputs, part, sizes), sum, { transposeA: true })];
    });
    return [all('q'), all('k'), all('v'), ...positions];
  },
});

const operation = defineOperation({
  name: 'CotoDisentangledAttention',
  compose: (inputs, attributes) => {
    const sizes = sizesOf(attributes);
    const byDistance = expanded(inputs, sizes);
    const attended = examples(inputs, attributes).map((example) =>
      tf.tidy(() => joined(multiply(probabilitiesOf(example, byDistance, sizes), example.v))),
    );
    return tf.concat(attended);
  },
  saved: {
    inputs: ['q', 'k', 'v', 'distanceKeys', 'distanceQueries', 'ascending', 'descending', 'mask'],
    states: ['q', 'k', 'v'],
  },
  gradients: (dy, saved, attributes) => {
    // One pass computes all of them: they share the probabilities.
    const made = gradient({ ...saved, dy }, attributes);
    const given: Record<string, () => tf.Tensor> = { q: () => at(made, 0), k: () => at(made, 1), v: () => at(made, 2) };
    const positions = ['distanceKeys', 'distanceQueries'].filter((name) => saved[name] !== undefined);
    for (const [index, name] of positions.entries()) given[name] = () => at(made, 3 + index);
    return given;
  },
});

/**
 * DeBERTa's disentangled attention (He et al. 2021): softmax((q·k + q·keys(distance) + queries(distance)·k) / √(headSize ·
 * n))·v for each head, n being the number of these parts that are present; a distance is the position of the query minus
 * that of the token. q [batch · queryTokens, heads · headSize], k and v [batch · tokens, heads · headSize] → like q.
 * Computed example by example, so that only the scores of one are in memory, and none is kept for the backward pass.
 * Gradients go to q, k, v and the rows.
 */
export function disentangledAttention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  distances: Distances,
  shape: Shape,
): tf.Tensor2D {
  const { batch, tokens, heads, queryTokens: queries, mask } = shape;
  if (queries !== tokens && queries !== 1) throw new Error('queries are of all tokens, or of the first alone');
  const parts = 1 + Number(distances.keys !== null) + Number(distances.queries !== null);
  const scale = 1 / Math.sqrt((q.shape[1] / heads) * parts);
  const inputs = givenInputs({
    q,
    k,
    v,
    distanceKeys: distances.keys,
    distanceQueries: distances.queries,
    ascending: distances.ascending,
    descending: distances.descending,
    mask,
  });
  return as2D(at(operation(inputs, { batch, tokens, heads, queries, scale }), 0));
}

function sizesOf(attributes: Readonly<Record<string, number>>): Sizes {
  return {
    heads: attribute(attributes, 'heads'),
    queries: attribute(attributes, 'queries'),
    tokens: attribute(attributes, 'tokens'),
    scale: attribute(attributes, 'scale'),
  };
}

function examples(inputs: OperationInputs, attributes: Readonly<Record<string, number>>): Example[] {
  const sizes = sizesOf(attributes);
  const { queries, tokens } = sizes;
  const mask = inputs['mask'];
  return Array.from({ length: attribute(attributes, 'batch') }, (_, index) => ({
    q: headsOf(input(inputs, 'q'), sizes, index, queries),
    k: headsOf(input(inputs, 'k'), sizes, index, tokens),
    v: headsOf(input(inputs, 'v'), sizes, index, tokens),
    mask: mask === undefined ? null : tf.reshape(tf.slice(mask, [index, 0], [1, tokens]), [tokens]),
  }));
}

/** The rows of one example, head by head: [heads, rows, headSize]. */
function headsOf(x: tf.Tensor, { heads }: Sizes, index: number, rows: number): tf.Tensor {
  const width = as2D(x).shape[1];
  return tf.tidy(() => {
    const own = tf.slice(as2D(x), [index * rows, 0], [rows, width]);
    return tf.transpose(tf.reshape(own, [rows, heads, width / heads]), [1, 0, 2]);
  });
}

/** [heads, rows, headSize] → [rows, heads · headSize] */
function joined(x: tf.Tensor): tf.Tensor2D {
  const [heads = 0, rows = 0, size = 0] = x.shape;
  return as2D(tf.reshape(tf.transpose(x, [1, 0, 2]), [rows, heads * size]));
}

/**
 * Order of the distances: descending for the keys that queries are scored with, ascending for the queries that keys are
 * scored with, as `shifted` expects; a single first token only has the distances 0, −1, …
 */
function placesOf(inputs: OperationInputs, part: 'keys' | 'queries', { queries, tokens }: Sizes): tf.Tensor2D {
  const descending = as2D(input(inputs, 'descending'));
  if (queries === 1) return tf.slice(descending, [tokens - 1, 0], [tokens, descending.shape[1]]);
  return part === 'keys' ? descending : as2D(input(inputs, 'ascending'));
}

function expanded(inputs: OperationInputs, sizes: Sizes): ByDistance {
  const expand = (part: 'keys' | 'queries', rows: tf.Tensor | undefined) => {
    if (rows === undefined) return null;
    const all = matmul(placesOf(inputs, part, sizes), rows);
    return headsOf(all, sizes, 0, all.shape[0]);
  };
  return {
    keys: expand('keys', inputs['distanceKeys']),
    queries: expand('queries', inputs['distanceQueries']),
  };
}

/** [heads, queries, tokens] */
function probabilitiesOf({ q, k, mask }: Example, byDistance: ByDistance, sizes: Sizes): tf.Tensor {
  const { queries, tokens, scale } = sizes;
  let scores = multiply(q, k, false, true);
  if (byDistance.keys) {
    const found = multiply(q, byDistance.keys, false, true);
    scores = tf.add(scores, queries === 1 ? found : shifted(found, tokens));
  }
  if (byDistance.queries) {
    const found =
      queries === 1
        ? tf.reshape(tf.sum(tf.mul(k, byDistance.queries), -1), scores.shape)
        : tf.transpose(shifted(multiply(k, byDistance.queries, false, true), tokens), [0, 2, 1]);
    scores = tf.add(scores, found);
  }
  scores = tf.mul(scores, scale);
  const seen = mask === null ? scores : tf.add(scores, tf.mul(tf.sub(mask, 1), unseen));
  return tf.softmax(seen);
}

/** Gradients of q, k and v, and of the keys and queries by distance, if any. */
function exampleGradients(example: Example, byDistance: ByDistance, dy: tf.Tensor, sizes: Sizes): tf.NamedTensorMap {
  const { q, k, v } = example;
  const { queries, tokens, scale } = sizes;
  const p = probabilitiesOf(example, byDistance, sizes);
  const dp = multiply(dy, v, false, true);
  const ds = tf.mul(tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), -1, true))), scale);
  let [dq, dk] = [multiply(ds, k), multiply(ds, q, true)];
  const made: tf.NamedTensorMap = { v: joined(multiply(p, dy, true)) };
  if (byDistance.keys) {
    const found = queries === 1 ? ds : unshifted(ds, tokens);
    dq = tf.add(dq, multiply(found, byDistance.keys));
    made['keys'] = joined(multiply(found, q, true));
  }
  if (byDistance.queries) {
    const turned = tf.transpose(ds, [0, 2, 1]);
    const isFirst = queries === 1;
    // The first token meets each distance in one key alone.
    const found = isFirst ? turned : unshifted(turned, tokens);
    const byKey = (a: tf.Tensor, b: tf.Tensor, transpose: boolean) =>
      isFirst ? tf.mul(a, b) : multiply(a, b, transpose);
    dk = tf.add(dk, byKey(found, byDistance.queries, false));
    made['queries'] = joined(byKey(found, k, true));
  }
  return { ...made, q: joined(dq), k: joined(dk) };
}

/** [heads, tokens, 2·tokens − 1] → [heads, tokens, tokens]: row i begins at column tokens − 1 − i. No value is computed with. */
function shifted(x: tf.Tensor, tokens: number): tf.Tensor {
  if (tokens === 1) return x;
  const heads = x.shape[0] ?? 0;
  const width = 2 * tokens - 1;
  const flat = tf.reshape(x, [heads, tokens * width]);
  const cut = tf.slice(flat, [0, tokens - 1], [heads, tokens * (width - 1)]);
  return tf.slice(tf.reshape(cut, [heads, tokens, width - 1]), [0, 0, 0], [heads, tokens, tokens]);
}

/** Back, with zeros in what `shifted` leaves out. */
function unshifted(x: tf.Tensor, tokens: number): tf.Tensor {
  if (tokens === 1) return x;
  const heads = x.shape[0] ?? 0;
  const width = 2 * tokens - 1;
  const padded = tf.pad(x, [
    [0, 0],
    [0, 0],
    [0, width - 1 - tokens],
  ]);
  const flat = tf.pad(tf.reshape(padded, [heads, tokens * (width - 1)]), [
    [0, 0],
    [tokens - 1, 1],
  ]);
  return tf.reshape(flat, [heads, tokens, width]);
}
