import * as tf from '@tensorflow/tfjs-core';
import { activeBackend } from '../../compute/active-backend.ts';
import { as1D, as2D, attribute, defineOperation, givenInputs, input, only2D } from '../autograd/operation.ts';
import { scatterRows } from '../indexing/scatter-rows.ts';

/** Rule by which a router weighs its experts. */
export interface RoutingRule {
  /** Experts of each token. */
  readonly chosen: number;
  /** True if the weights of the chosen experts add up to 1. Default: they are parts of the softmax over all experts. */
  readonly isNormalized: boolean;
}

/** Spread of tokens over experts: each token has a row for each of its experts. */
export interface RoutingPlan {
  /** Experts with rows, in ascending order. */
  readonly experts: readonly number[];
  /** Rows of each of these experts; they follow one another. */
  readonly counts: readonly number[];
  /** [rows]: the token of each row. */
  readonly tokens: tf.Tensor1D;
  /** [rows]: the place of each row's weight in [tokens, experts]. */
  readonly cells: tf.Tensor1D;
  /** [tokens · chosen]: the rows of each token, highest weight first. */
  readonly rows: tf.Tensor1D;
  readonly chosen: number;
}

/** Outputs: the weights [tokens, experts], and the softmax that they are parts of. */
const weighting = defineOperation({
  name: 'CotoExpertWeights',
  compose: (inputs, attributes) => {
    const [logits, mask] = [input(inputs, 'logits'), input(inputs, 'mask')];
    const isNormalized = attribute(attributes, 'isNormalized') !== 0;
    const softmax = tf.softmax(isNormalized ? tf.add(logits, tf.mul(tf.sub(mask, 1), 1e30)) : logits);
    return [tf.mul(softmax, mask), softmax];
  },
  saved: { inputs: ['mask'], outputs: [null, 'softmax'] },
  gradients: (dy, saved) => ({
    logits: () => {
      const [softmax, slopes] = [input(saved, 'softmax'), tf.mul(dy, input(saved, 'mask'))];
      return tf.mul(softmax, tf.sub(slopes, tf.sum(tf.mul(slopes, softmax), -1, true)));
    },
  }),
});

/** 1 for the experts of each token, else 0. */
const choosing = defineOperation({
  name: 'CotoChosenExperts',
  compose: (inputs, attributes) => {
    const logits = as2D(input(inputs, 'logits'));
    const { indices } = tf.topk(logits, attribute(attributes, 'chosen'));
    return tf.sum(tf.oneHot(indices, logits.shape[1], 1, 0, 'float32'), 1);
  },
});

/**
 * Weights of each token's experts, [tokens, experts], 0 of those that are not chosen, and the plan of their rows. The gradient
 * goes to the logits [tokens, experts]; the choice itself has none. The plan is null on a backend whose values cannot be read
 * during a pass.
 */
export function routing(
  logits: tf.Tensor2D,
  { chosen, isNormalized }: RoutingRule,
): { weights: tf.Tensor2D; plan: RoutingPlan | null } {
  const weigh = (mask: tf.Tensor) => only2D(weighting({ logits, mask }, { isNormalized: Number(isNormalized) }));
  const [tokens, experts] = logits.shape;
  if (activeBackend()?.isAsynchronous) {
    return { weights: weigh(only2D(choosing({ logits }, { chosen }))), plan: null };
  }
  const best = highest(logits.dataSync(), experts, chosen);
  const mask = new Float32Array(tokens * experts);
  best.forEach((expert, slot) => {
    mask[Math.floor(slot / chosen) * experts + expert] = 1;
  });
  return { weights: weigh(tf.tensor2d(mask, [tokens, experts])), plan: planOf(best, experts, chosen) };
}

/** The `count` columns of each row with the highest values, highest first; the lower of two equal ones. */
function highest(values: ArrayLike<number>, columns: number, count: number): Int32Array {
  const rows = values.length / columns;
  const best = new Int32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const slots = best.subarray(row * count, (row + 1) * count);
    const value = (column: number) => values[row * columns + column] ?? 0;
    for (let column = 0; column < columns; column++) {
      let slot = Math.min(column, count);
      while (slot > 0 && value(column) > value(slots[slot - 1] ?? 0)) slot--;
      if (slot === count) continue;
      slots.copyWithin(slot + 1, slot, count - 1);
      slots[slot] = column;
    }
  }
  return best;
}

/** Sorts the slots [tokens · chosen] of a choice by expert. */
function planOf(best: Int32Array, experts: number, chosen: number): RoutingPlan {
  const all = new Int32Array(experts);
  for (const expert of best) all[expert] = (all[expert] ?? 0) + 1;
  const next = new Int32Array(experts);
  for (let expert = 1; expert < experts; expert++) next[expert] = (next[expert - 1] ?? 0) + (all[expert - 1] ?? 0);
  const [tokens, cells, rows] = [best.slice(), best.slice(), best.slice()];
  best.forEach((expert, slot) => {
    const row = next[expert] ?? 0;
    const token = Math.floor(slot / chosen);
    next[expert] = row + 1;
    tokens[row] = token;
    cells[row] = token * experts + expert;
    rows[slot] = row;
  });
  const present = [...all.keys()].filter((expert) => all[expert] !== 0);
  return {
    experts: present,
    counts: present.map((expert) => all[expert] ?? 0),
    tokens: tf.tensor1d(tokens, 'int32'),
    cells: tf.tensor1d(cells, 'int32'),
    rows: tf.tensor1d(rows, 'int32'),
    chosen,
  };
}

const spreading = defineOperation({
  name: 'CotoSpreadRows',
  compose: (inputs) => tf.gather(input(inputs, 'x'), as1D(input(inputs, 'tokens'))),
  saved: { inputs: ['rows'] },
  gradients: (dy, saved, attributes) => ({
    x: () => sumOfSlots(dy, input(saved, 'rows'), attribute(attributes, 'chosen')),
  }),
});

/** The row of each expert's token: x [tokens, width] → [rows, width]. The gradient goes to x. */
export function spreadRows(x: tf.Tensor2D, { tokens, rows, chosen }: RoutingPlan): tf.Tensor2D {
  return only2D(spreading({ x, tokens, rows }, { chosen }));
}

/** The sum of each token's rows: x [rows, width] → [tokens, width]. */
function sumOfSlots(x: tf.Tensor, rows: tf.Tensor, chosen: number): tf.Tensor {
  const picked = tf.gather(x, as1D(rows));
  return chosen === 1 ? picked : tf.sum(tf.reshape(picked, [-1, chosen, as2D(x).shape[1]]), 1);
}

/** The weight of each row [rows, 1]. */
function weightsOfRows(weights: tf.Tensor, cells: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.gather(tf.reshape(weights, [-1]), as1D(cells)), [-1, 1]);
}

const combining = defineOperation({
  name: 'CotoCombineRows',
  compose: (inputs, attributes) => {
    const weighted = tf.mul(input(inputs, 'x'), weightsOfRows(input(inputs, 'weights'), input(inputs, 'cells')));
    const sum = sumOfSlots(weighted, input(inputs, 'rows'), attribute(attributes, 'chosen'));
    return inputs['residual'] ? tf.add(sum, inputs['residual']) : sum;
  },
  saved: { inputs: ['x', 'weights', 'tokens', 'cells'], states: ['x'] },
  gradients: (dy, saved) => {
    const spread = () => tf.gather(dy, as1D(input(saved, 'tokens')));
    return {
      x: () => tf.mul(spread(), weightsOfRows(input(saved, 'weights'), input(saved, 'cells'))),
      weights: () => {
        const [x, weights] = [input(saved, 'x'), as2D(input(saved, 'weights'))];
        const dots = as2D(tf.sum(tf.mul(spread(), x), 1, true));
        return tf.reshape(scatterRows(as1D(input(saved, 'cells')), dots, weights.size), weights.shape);
      },
      residual: () => dy,
    };
  },
});

/**
 * The weighted sum of each token's rows, and the residual: x [rows, width], weights [tokens, experts] → [tokens, width].
 * Gradients go to x, the weights and the residual.
 */
export function combineRows(
  x: tf.Tensor2D,
  weights: tf.Tensor2D,
  { tokens, cells, rows, chosen }: RoutingPlan,
  residual?: tf.Tensor2D,
): tf.Tensor2D {
  return only2D(combining(givenInputs({ x, weights, tokens, cells, rows, residual }), { chosen }));
}
