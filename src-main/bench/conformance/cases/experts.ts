import * as tf from '@tensorflow/tfjs-core';
import { clampedSwiglu } from '../../../engine/ops/activation/clamped-swiglu.ts';
import { type Gate, gatedPair } from '../../../engine/ops/activation/gated-pair.ts';
import { combineRows, routing, spreadRows } from '../../../engine/ops/experts/routing.ts';
import { joinRows, rowBlocks } from '../../../engine/ops/indexing/row-blocks.ts';
import { sliceColumns } from '../../../engine/ops/indexing/slice-columns.ts';
import { get, softmaxRows, type Values } from '../reference.ts';
import { matrix, type OperationCase, type TakeTensor, type TakeValues } from './operation-case.ts';

interface MixtureCase {
  readonly tokens: number;
  readonly experts: number;
  readonly chosen: number;
  readonly isNormalized: boolean;
}

/** A mixture whose expert e multiplies its rows by e + 1. */
const mixture = ({ tokens, experts, chosen, isNormalized }: MixtureCase): OperationCase => ({
  name: `${chosen} of ${experts} experts for ${tokens} tokens${isNormalized ? ', normalized weights' : ''}`,
  shapes: { x: [tokens, 3], logits: [tokens, experts], residual: [tokens, 3] },
  wanted: ['x', 'logits', 'residual'],
  run: (take) => {
    const [x, residual] = [matrix(take, 'x'), matrix(take, 'residual')];
    const { weights, plan } = routing(matrix(take, 'logits'), { chosen, isNormalized });
    if (plan !== null) {
      const blocks = rowBlocks(spreadRows(x, plan), plan.counts);
      const made = blocks.map((rows, index) => tf.mul<tf.Tensor2D>(rows, tf.scalar(get(plan.experts, index) + 1)));
      return combineRows(joinRows(made), weights, plan, residual);
    }
    let sum: tf.Tensor = residual;
    for (let expert = 0; expert < experts; expert++)
      sum = tf.add(sum, tf.mul(tf.mul(x, tf.scalar(expert + 1)), sliceColumns(weights, expert, 1)));
    return sum;
  },
  reference: (take) => {
    const [x, logits] = [take('x'), take('logits')];
    return take('residual').map((value, index) => {
      const token = Math.floor(index / 3);
      const own = logits.slice(token * experts, (token + 1) * experts);
      const weights = weightsOf(own, { chosen, isNormalized });
      return value + get(x, index) * weights.reduce((sum, weight, expert) => sum + weight * (expert + 1), 0);
    });
  },
});

function weightsOf(logits: Values, { chosen, isNormalized }: Pick<MixtureCase, 'chosen' | 'isNormalized'>): number[] {
  const lowest = get(
    [...logits].sort((one, other) => other - one),
    chosen - 1,
  );
  const weights = softmaxRows(logits, logits.length).map((weight, at) => (get(logits, at) < lowest ? 0 : weight));
  const sum = isNormalized ? weights.reduce((all, weight) => all + weight, 0) : 1;
  return weights.map((weight) => weight / sum);
}

const clamped = (gate: number, up: number) =>
  ((Math.max(-1.5, Math.min(1.5, up)) + 1) * Math.min(gate, 1.5)) / (1 + Math.exp(-1.702 * Math.min(gate, 1.5)));

/** Gate and `up` in one matrix. */
const gates: readonly { gate: Gate; value: (gate: number, up: number) => number }[] = [
  { gate: { activation: 'silu' }, value: (gate, up) => (gate / (1 + Math.exp(-gate))) * up },
  { gate: { activation: 'relu' }, value: (gate, up) => Math.max(0, gate) * up },
  { gate: { alpha: 1.702, limit: 1.5 }, value: clamped },
];
const pairs: readonly OperationCase[] = gates.flatMap(({ gate, value }) =>
  [false, true].map((alternates) => ({
    name: `gated pair ${JSON.stringify(gate)}${alternates ? ', alternating' : ''}`,
    shapes: { both: [3, 10] },
    wanted: ['both'],
    spread: 2,
    run: (take: TakeTensor) => gatedPair(matrix(take, 'both'), gate, alternates),
    reference: (take: TakeValues) =>
      Array.from({ length: 15 }, (_, at) => {
        const [row, column] = [10 * Math.floor(at / 5), at % 5];
        const [one, other] = alternates ? [2 * column, 2 * column + 1] : [column, column + 5];
        return value(get(take('both'), row + one), get(take('both'), row + other));
      }),
  })),
);

export const expertCases: readonly OperationCase[] = [
  mixture({ tokens: 5, experts: 4, chosen: 2, isNormalized: true }),
  mixture({ tokens: 7, experts: 5, chosen: 3, isNormalized: false }),
  // Experts without a token, and one expert for each token.
  mixture({ tokens: 2, experts: 6, chosen: 1, isNormalized: false }),
  mixture({ tokens: 40, experts: 3, chosen: 3, isNormalized: true }),
  {
    name: 'clamped SwiGLU',
    shapes: { gate: [5, 6], up: [5, 6] },
    wanted: ['gate', 'up'],
    spread: 2,
    run: (take) => clampedSwiglu(matrix(take, 'gate'), matrix(take, 'up'), { alpha: 1.702, limit: 1.5 }),
    reference: (take) => take('gate').map((value, at) => clamped(value, get(take('up'), at))),
  },
  ...pairs,
];
