import * as tf from '@tensorflow/tfjs-core';
import { sparseLinear, sparseMergedWeight } from '../../../engine/ops/linear/sparse-linear.ts';
import { get, multiply, transpose } from '../reference.ts';
import { type LinearExtras, type LinearSizes, linearCase } from './linear-case.ts';
import { lasting, type OperationCase, type TakeValues } from './operation-case.ts';

interface Sizes extends LinearSizes {
  readonly count: number;
}

/** Places in a weight [outputs, inputs]; the last two are the same. */
function placesOf({ inputs, outputs, count }: Omit<Sizes, 'rows'>): { row: number; column: number }[] {
  const places = Array.from({ length: count }, (_, at) => (at * 7) % (inputs * outputs));
  places[count - 1] = places[count - 2] ?? 0;
  return places.map((place) => ({ row: Math.floor(place / inputs), column: place % inputs }));
}

function indicesOf(sizes: Omit<Sizes, 'rows'>): tf.Tensor {
  const places = placesOf(sizes);
  const flat = [...places.map(({ row }) => row), ...places.map(({ column }) => column)];
  return lasting(tf.tensor2d(flat, [2, places.length], 'int32'));
}

/** W + S [outputs, inputs] */
function changedWeight(take: TakeValues, sizes: Omit<Sizes, 'rows'>): number[] {
  const weight = [...take('weight')];
  for (const [at, { row, column }] of placesOf(sizes).entries()) {
    const place = row * sizes.inputs + column;
    weight[place] = get(weight, place) + get(take('values'), at);
  }
  return weight;
}

const linear = (sizes: Sizes, extras: LinearExtras = {}): OperationCase => {
  const { rows, inputs, outputs, count } = sizes;
  return linearCase(sizes, extras, {
    name: `sparse linear ${rows} × ${inputs} → ${outputs}, ${count} entries${extras.activated ? ', activated, residual' : ''}`,
    shapes: { values: [count] },
    wanted: ['values'],
    run: (value, frozen, { derivative, residual }, take) =>
      sparseLinear(value, frozen, { values: take('values'), indices: indicesOf(sizes) }, { derivative, residual }),
    reference: (take, x) => multiply(x, transpose(changedWeight(take, sizes), outputs, inputs), rows, inputs, outputs),
  });
};

const merged = (sizes: Omit<Sizes, 'rows'>, inputsFirst: boolean): OperationCase => {
  const { inputs, outputs, count } = sizes;
  return {
    name: `sparse merged weight ${outputs} × ${inputs}${inputsFirst ? ', inputs first' : ''}`,
    shapes: { weight: [outputs, inputs], values: [count] },
    wanted: [],
    run: (take) => {
      const weight = inputsFirst ? tf.transpose(take('weight')) : take('weight');
      return sparseMergedWeight(weight, { values: take('values'), indices: indicesOf(sizes) }, inputsFirst);
    },
    reference: (take) => {
      const changed = changedWeight(take, sizes);
      return inputsFirst ? transpose(changed, outputs, inputs) : changed;
    },
  };
};

const odd = { rows: 9, inputs: 6, outputs: 11, count: 17 };
const wide = { rows: 13, inputs: 16, outputs: 8, count: 24 };

export const sparseCases: readonly OperationCase[] = [
  linear(odd),
  linear(odd, { biased: false }),
  linear(wide, { activated: true, residual: true }),
  merged(odd, false),
  merged(wide, true),
];
