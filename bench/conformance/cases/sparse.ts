import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../../../src-main/engine/ops/index.ts';
import { sparseLinear, sparseMergedWeight } from '../../../src-main/engine/ops/linear/sparse-linear.ts';
import { gelu, get, multiply, transpose } from '../reference.ts';
import { lasting, matrix, type OperationCase, type TakeValues, withFrozen } from './operation-case.ts';

interface Sizes {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
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

const linear = (sizes: Sizes, { activated = false, residual = false, biased = true } = {}): OperationCase => {
  const { rows, inputs, outputs, count } = sizes;
  return {
    name: `sparse linear ${rows} × ${inputs} → ${outputs}, ${count} entries${activated ? ', activated, residual' : ''}`,
    shapes: {
      x: [rows, inputs],
      weight: [outputs, inputs],
      bias: [outputs],
      residual: [rows, outputs],
      values: [count],
    },
    wanted: ['x', 'values', ...(residual ? ['residual'] : [])],
    run: (take) =>
      withFrozen(
        take,
        (frozen) => {
          const x = matrix(take, 'x');
          const { value, derivative } = activated ? activate(x, 'gelu', true) : { value: x };
          return sparseLinear(
            value,
            frozen,
            { values: take('values'), indices: indicesOf(sizes) },
            { derivative, residual: residual ? matrix(take, 'residual') : undefined },
          );
        },
        biased,
      ),
    reference: (take) => {
      const x = activated ? take('x').map(gelu) : take('x');
      return multiply(x, transpose(changedWeight(take, sizes), outputs, inputs), rows, inputs, outputs).map(
        (value, index) =>
          value + (biased ? get(take('bias'), index % outputs) : 0) + (residual ? get(take('residual'), index) : 0),
      );
    },
  };
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
