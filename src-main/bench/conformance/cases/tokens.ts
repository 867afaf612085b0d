import * as tf from '@tensorflow/tfjs-core';
import { rotaryPart } from '../../../engine/ops/attention/rotary.ts';
import {
  clsTokens,
  l2NormalizeRows,
  packStates,
  rotary,
  unpackStates,
  weightedTokenMean,
} from '../../../engine/ops/index.ts';
import { appendRows } from '../../../engine/ops/indexing/append-rows.ts';
import { asRows } from '../../../engine/ops/indexing/as-rows.ts';
import { get, rotateRows } from '../reference.ts';
import { matrix, type OperationCase } from './operation-case.ts';

const first = (batch: number, tokens: number, features: number): OperationCase => ({
  name: `first of ${tokens} tokens, ${batch} × ${features}`,
  shapes: { x: [batch * tokens, features] },
  wanted: ['x'],
  run: (take) => clsTokens(matrix(take, 'x'), tokens),
  reference: (take) => take('x').filter((_, index) => Math.floor(index / features) % tokens === 0),
});

/** The table is drawn: what is checked is the turning, not that the angles are cosines and sines. */
const turned = (rows: number, tableRows: number, heads: number, half: number): OperationCase => ({
  name: `rotary of ${rows} rows, ${heads} heads of ${2 * half}, table of ${tableRows}`,
  shapes: { x: [rows, heads * 2 * half], cos: [tableRows, half], sin: [tableRows, half] },
  wanted: ['x'],
  run: (take) => rotary(matrix(take, 'x'), { cos: matrix(take, 'cos'), sin: matrix(take, 'sin') }, heads),
  reference: (take) => rotateRows(take('x'), take('cos'), take('sin'), { heads, half, tableRows }),
});

/** Six of eight columns of each of two heads are rotated; neighbors come out as halves. */
const turnedPart = (pairs: 'halves' | 'interleaved'): OperationCase => {
  const [rows, heads, headSize, half, tableRows] = [6, 2, 8, 3, 3];
  return {
    name: `rotary of a part of each head, ${pairs}`,
    shapes: { x: [rows, heads * headSize], cos: [tableRows, half], sin: [tableRows, half] },
    wanted: ['x'],
    run: (take) => {
      const table = { cos: matrix(take, 'cos'), sin: matrix(take, 'sin') };
      return rotaryPart(matrix(take, 'x'), table, heads, { size: 2 * half, pairs });
    },
    reference: (take) => {
      const [first, second] =
        pairs === 'halves'
          ? [
              [0, 1, 2],
              [3, 4, 5],
            ]
          : [
              [0, 2, 4],
              [1, 3, 5],
            ];
      return Array.from({ length: rows * heads }, (_, head) => {
        const at = (column: number) => get(take('x'), head * headSize + column);
        const angle = (index: number) => (Math.floor(head / heads) % tableRows) * half + index;
        const turn = (sign: 1 | -1) => (index: number) => {
          const [low, high] = [at(get(first, index)), at(get(second, index))];
          const [own, other] = sign === -1 ? [low, high] : [high, low];
          return own * get(take('cos'), angle(index)) + sign * other * get(take('sin'), angle(index));
        };
        return [...[0, 1, 2].map(turn(-1)), ...[0, 1, 2].map(turn(1)), at(6), at(7)];
      }).flat();
    },
  };
};

/** The values of rows by head, multiplied and put back. */
const regrouped: OperationCase = {
  name: 'rows of another width',
  shapes: { x: [3, 8] },
  wanted: ['x'],
  run: (take) => asRows(asRows(matrix(take, 'x'), 2), 8),
  reference: (take) => take('x').map((x) => x),
};

const weighted = (weights: readonly number[], tokens: number, features: number): OperationCase => ({
  name: `tokens weighted by ${weights.join(' ')}`,
  shapes: { x: [weights.length, features] },
  wanted: ['x'],
  run: (take) => weightedTokenMean(matrix(take, 'x'), tf.tensor2d([...weights], [weights.length / tokens, tokens])),
  reference: (take) =>
    Array.from({ length: (weights.length / tokens) * features }, (_, index) => {
      const [example, feature] = [Math.floor(index / features), index % features];
      const rows = Array.from({ length: tokens }, (_, token) => example * tokens + token);
      return rows.reduce((sum, row) => sum + get(weights, row) * get(take('x'), row * features + feature), 0);
    }),
});

/** The rows of each example, and the new ones behind them. */
const appended = (batch: number, tokens: number, more: number): OperationCase => ({
  name: `${more} rows appended to ${tokens}, ${batch} examples`,
  shapes: { before: [batch * tokens, 3], added: [batch * more, 3] },
  wanted: [],
  run: (take) => appendRows(matrix(take, 'before'), matrix(take, 'added'), batch),
  reference: (take) =>
    Array.from({ length: batch }, (_, example) => [
      ...take('before').slice(example * tokens * 3, (example + 1) * tokens * 3),
      ...take('added').slice(example * more * 3, (example + 1) * more * 3),
    ]).flat(),
});

/** Both, turned into each other, so that a value out of place shows. */
const carried = (rows: number, width: number, shape: [number, number]): OperationCase => ({
  name: `${shape.join(' × ')} carried along with ${rows} × ${width}`,
  shapes: { x: [rows, width], carried: shape },
  wanted: ['x', 'carried'],
  run: (take) => {
    const parts = unpackStates(packStates(matrix(take, 'x'), matrix(take, 'carried')), rows, shape);
    return packStates(parts.carried, parts.x);
  },
  reference: (take) => {
    const all = [...take('carried'), ...take('x')];
    const length = Math.ceil(all.length / shape[1]) * shape[1];
    return Array.from({ length }, (_, index) => all[index] ?? 0);
  },
});

export const tokenCases: readonly OperationCase[] = [
  weighted([0, 1, 0, 0, 0, 1], 3, 5),
  weighted([0.5, 0.5, 0, 0.25, 0.25, 0.5], 3, 8),
  appended(1, 5, 2),
  appended(3, 4, 1),
  carried(4, 5, [2, 3]),
  carried(3, 4, [5, 4]),
  {
    name: 'rows of length 1',
    shapes: { x: [4, 7] },
    wanted: ['x'],
    run: (take) => l2NormalizeRows(matrix(take, 'x')),
    reference: (take) =>
      take('x').map(
        (value, index, all) => value / Math.hypot(...all.slice(index - (index % 7), index - (index % 7) + 7)),
      ),
  },
  first(3, 4, 5),
  first(2, 17, 8),
  turned(6, 3, 2, 4),
  turned(5, 5, 3, 3),
  turned(8, 4, 1, 9),
  turnedPart('halves'),
  turnedPart('interleaved'),
  regrouped,
  {
    name: 'rotary there and back',
    shapes: { x: [4, 12], angle: [4, 3] },
    wanted: [],
    run: (take) => {
      const angles = matrix(take, 'angle');
      const table = { cos: tf.cos(angles), sin: tf.sin(angles) };
      return rotary(rotary(matrix(take, 'x'), table, 2), { cos: table.cos, sin: tf.neg(table.sin) }, 2);
    },
    reference: (take) => take('x').map((_, index) => get(take('x'), index)),
  },
];
