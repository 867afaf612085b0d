import * as tf from '@tensorflow/tfjs-core';
import { circulantLinear, circulantMergedWeight } from '../../../engine/ops/linear/circulant-linear.ts';
import { get, multiply, transpose, type Values } from '../reference.ts';
import { type LinearExtras, linearCase } from './linear-case.ts';
import type { OperationCase } from './operation-case.ts';

interface Sizes {
  readonly rows: number;
  /** Blocks of outputs and of inputs. */
  readonly m: number;
  readonly n: number;
  readonly size: number;
}

const scaling = 0.7;

/** W + scaling · C [m · size, n · size] */
function changedWeight(weight: Values, kernel: Values, { m, n, size }: Sizes): number[] {
  return Array.from({ length: m * n * size * size }, (_, place) => {
    const [row, column] = [Math.floor(place / (n * size)), place % (n * size)];
    const block = Math.floor(row / size) * n + Math.floor(column / size);
    const at = ((column % size) - (row % size) + size) % size;
    return get(weight, place) + scaling * get(kernel, block * size + at);
  });
}

const linear = (sizes: Sizes, extras: LinearExtras = {}): OperationCase => {
  const { rows, m, n, size } = sizes;
  const [outputs, inputs] = [m * size, n * size];
  return linearCase({ rows, inputs, outputs }, extras, {
    name: `circulant linear ${rows} × ${inputs} → ${outputs}, blocks of ${size}${extras.activated ? ', activated' : ''}${extras.residual ? ', residual' : ''}`,
    shapes: { kernel: [m, n, size] },
    wanted: ['kernel'],
    run: (value, frozen, { derivative, residual }, take) =>
      circulantLinear(value, frozen, take('kernel'), scaling, { derivative, residual }),
    reference: (take, x) => {
      const weight = changedWeight(take('weight'), take('kernel'), sizes);
      return multiply(x, transpose(weight, outputs, inputs), rows, inputs, outputs);
    },
  });
};

const merged = (sizes: Sizes, inputsFirst: boolean): OperationCase => {
  const [outputs, inputs] = [sizes.m * sizes.size, sizes.n * sizes.size];
  return {
    name: `circulant merged weight ${outputs} × ${inputs}${inputsFirst ? ', inputs first' : ''}`,
    shapes: { weight: [outputs, inputs], kernel: [sizes.m, sizes.n, sizes.size] },
    wanted: [],
    run: (take) => {
      const weight = inputsFirst ? tf.transpose(take('weight')) : take('weight');
      return circulantMergedWeight(weight, take('kernel'), scaling, inputsFirst);
    },
    reference: (take) => {
      const changed = changedWeight(take('weight'), take('kernel'), sizes);
      return inputsFirst ? transpose(changed, outputs, inputs) : changed;
    },
  };
};

export const circulantCases: readonly OperationCase[] = [
  linear({ rows: 5, m: 2, n: 3, size: 4 }),
  linear({ rows: 5, m: 3, n: 1, size: 5 }, { biased: false }),
  linear({ rows: 7, m: 1, n: 2, size: 6 }, { activated: true, residual: true }),
  linear({ rows: 4, m: 3, n: 2, size: 1 }),
  linear({ rows: 4, m: 3, n: 2, size: 2 }, { residual: true }),
  merged({ rows: 0, m: 2, n: 3, size: 4 }, false),
  merged({ rows: 0, m: 3, n: 2, size: 5 }, true),
];
