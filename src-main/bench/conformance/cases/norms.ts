import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, rmsNorm } from '../../../engine/ops/index.ts';
import { sumsOfSquares } from '../../../engine/ops/optimizer/sum-of-squares.ts';
import { get, layerNormRows, rmsNormRows } from '../reference.ts';
import { matrix, type OperationCase, vector } from './operation-case.ts';

const layer = (rows: number, columns: number): OperationCase => ({
  name: `layer norm ${rows} × ${columns}`,
  shapes: { x: [rows, columns], scale: [columns], shift: [columns] },
  wanted: ['x', 'scale', 'shift'],
  run: (take) => layerNorm(matrix(take, 'x'), vector(take, 'scale'), vector(take, 'shift'), 1e-5),
  reference: (take) => layerNormRows(take('x'), take('scale'), take('shift'), 1e-5),
});

const rootMeanSquare = (rows: number, columns: number, epsilon: number): OperationCase => ({
  name: `rms norm ${rows} × ${columns}, epsilon ${epsilon}`,
  shapes: { x: [rows, columns], scale: [columns] },
  wanted: ['x', 'scale'],
  run: (take) => rmsNorm(matrix(take, 'x'), vector(take, 'scale'), epsilon),
  reference: (take) => rmsNormRows(take('x'), take('scale'), epsilon),
});

/** Layout of a transformer's layer: x receives gradients both ways. */
const besideItself = (rows: number, columns: number): readonly OperationCase[] => [
  {
    ...layer(rows, columns),
    name: `layer norm ${rows} × ${columns} added to its input`,
    wanted: ['x'],
    run: (take) =>
      tf.add(layerNorm(matrix(take, 'x'), vector(take, 'scale'), vector(take, 'shift'), 1e-5), matrix(take, 'x')),
    reference: (take) => plus(layerNormRows(take('x'), take('scale'), take('shift'), 1e-5), take('x')),
  },
  {
    ...rootMeanSquare(rows, columns, 1e-6),
    name: `rms norm ${rows} × ${columns} added to its input`,
    wanted: ['x'],
    run: (take) => tf.add(rmsNorm(matrix(take, 'x'), vector(take, 'scale'), 1e-6), matrix(take, 'x')),
    reference: (take) => plus(rmsNormRows(take('x'), take('scale'), 1e-6), take('x')),
  },
];

const plus = (one: readonly number[], other: readonly number[]) => one.map((value, index) => value + get(other, index));

const squares: OperationCase = {
  name: 'sums of squares of three tensors',
  shapes: { one: [5, 7], two: [], three: [12] },
  wanted: [],
  run: (take) => sumsOfSquares([take('one'), take('two'), take('three')]),
  reference: (take) => ['one', 'two', 'three'].map((name) => take(name).reduce((sum, value) => sum + value ** 2, 0)),
};

export const normCases: readonly OperationCase[] = [
  squares,
  layer(5, 12),
  layer(4, 7),
  layer(9, 37),
  rootMeanSquare(5, 12, 1e-6),
  rootMeanSquare(4, 7, 1e-5),
  rootMeanSquare(9, 37, 0.1),
  ...besideItself(5, 12),
  ...besideItself(9, 37),
];
