import * as tf from '@tensorflow/tfjs-core';
import { firstTokens, rotary } from '../../../../src-main/engine/ops/index.ts';
import { get, rotateRows } from '../reference.ts';
import { matrix, type OperationCase } from './operation-case.ts';

const first = (batch: number, tokens: number, features: number): OperationCase => ({
  name: `first of ${tokens} tokens, ${batch} × ${features}`,
  shapes: { x: [batch * tokens, features] },
  wanted: ['x'],
  run: (take) => firstTokens(matrix(take, 'x'), tokens),
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

export const tokenCases: readonly OperationCase[] = [
  first(3, 4, 5),
  first(2, 17, 8),
  turned(6, 3, 2, 4),
  turned(5, 5, 3, 3),
  turned(8, 4, 1, 9),
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
