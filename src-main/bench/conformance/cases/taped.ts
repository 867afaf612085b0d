import * as tf from '@tensorflow/tfjs-core';
import { get, multiply, transpose } from '../reference.ts';
import { matrix, type OperationCase } from './operation-case.ts';

/** The tfjs operations that the engine uses directly, on the tape. */
export const tapedCases: readonly OperationCase[] = [
  {
    name: 'sums, differences and products with broadcasting',
    shapes: { x: [4, 6], row: [6], column: [4, 1], one: [] },
    wanted: ['x', 'row', 'column', 'one'],
    run: (take) => tf.mul(tf.sub(tf.add(take('x'), take('row')), take('column')), tf.add(take('one'), take('row'))),
    reference: (take) =>
      take('x').map(
        (x, index) =>
          (x + get(take('row'), index % 6) - get(take('column'), Math.floor(index / 6))) *
          (get(take('one'), 0) + get(take('row'), index % 6)),
      ),
  },
  {
    name: 'matrix product, transposition and reshaping',
    shapes: { a: [3, 4], b: [5, 4] },
    wanted: ['a', 'b'],
    run: (take) => tf.reshape(tf.matMul(matrix(take, 'a'), tf.transpose(matrix(take, 'b'))), [5, 3]),
    reference: (take) => multiply(take('a'), transpose(take('b'), 5, 4), 3, 4, 5),
  },
  {
    name: 'transposition of three axes',
    shapes: { x: [2, 3, 4] },
    wanted: ['x'],
    run: (take) => tf.transpose(take('x'), [1, 2, 0]),
    reference: (take) =>
      Array.from({ length: 24 }, (_, index) => {
        const [i, j, l] = [Math.floor(index / 8), Math.floor(index / 2) % 4, index % 2];
        return get(take('x'), l * 12 + i * 4 + j);
      }),
  },
];
