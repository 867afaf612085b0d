import * as tf from '@tensorflow/tfjs-core';
import { doraLinear } from '../../../engine/ops/linear/dora-linear.ts';
import { get, multiply, transpose, type Values } from '../reference.ts';
import { flagsOf, type LinearExtras, type LinearSizes, linearCase } from './linear-case.ts';
import { lasting, type OperationCase, type TakeTensor, type TakeValues } from './operation-case.ts';

interface Sizes extends LinearSizes {
  readonly rank: number;
}

interface Extras extends LinearExtras {
  /**
   * The gradient holds the norms fixed, which finite differences do not see: either the gain (magnitude over norm) is drawn, for
   * the gradients of A and B, or the magnitude, for its own.
   */
  readonly drawn: 'gain' | 'magnitude';
}

const scaling = 1.7;

/** W + s·B·A [outputs, inputs]; `isTable`: of a table [inputs, outputs], as its transpose. */
export function changedWeight(take: TakeValues, sizes: Omit<Sizes, 'rows'>, isTable = false): number[] {
  const { inputs, outputs, rank } = sizes;
  const weight = isTable ? transpose(take('weight'), inputs, outputs) : take('weight');
  const added = multiply(take('b'), take('a'), outputs, rank, inputs);
  return added.map((value, index) => get(weight, index) + scaling * value);
}

/** The gain of every output, drawn or as the magnitude says. */
export function gains(take: TakeValues, drawn: Extras['drawn'], changed: Values, inputs: number): number[] {
  if (drawn === 'gain') return [...take('gain')];
  return take('magnitude').map(
    (value, output) => value / Math.hypot(...changed.slice(output * inputs, (output + 1) * inputs)),
  );
}

/** The magnitudes of a drawn gain, outside every tape. */
export function magnitudesOf(
  take: TakeTensor,
  values: TakeValues,
  drawn: Extras['drawn'],
  sizes: Omit<Sizes, 'rows'>,
  isTable = false,
): tf.Tensor {
  if (drawn === 'magnitude') return take('magnitude');
  const changed = changedWeight(values, sizes, isTable);
  const { inputs } = sizes;
  const held = values('gain').map(
    (value, output) => value * Math.hypot(...changed.slice(output * inputs, (output + 1) * inputs)),
  );
  return lasting(tf.tensor1d(held));
}

const dora = (sizes: Sizes, extras: Extras): OperationCase => {
  const { rows, inputs, outputs, rank } = sizes;
  const { drawn } = extras;
  return linearCase(sizes, extras, {
    name: `dora linear ${rows} × ${inputs} → ${outputs}, rank ${rank}, ${[drawn, ...flagsOf(extras)].join(', ')}`,
    shapes: { a: [rank, inputs], b: [outputs, rank], mask: [rows, inputs], [drawn]: [outputs] },
    wanted: drawn === 'gain' ? ['a', 'b'] : ['magnitude'],
    run: (value, frozen, options, take, values) => {
      const factors = { a: take('a'), b: take('b'), magnitude: magnitudesOf(take, values, drawn, sizes), scaling };
      return doraLinear(value, frozen, factors, options);
    },
    reference: (take, x, dropped) => {
      const weight = transpose(take('weight'), outputs, inputs);
      const changed = changedWeight(take, sizes);
      const gain = gains(take, drawn, changed, inputs);
      const rest = multiply(
        x.map((value, index) => value - get(dropped, index)),
        weight,
        rows,
        inputs,
        outputs,
      );
      return multiply(dropped, transpose(changed, outputs, inputs), rows, inputs, outputs).map(
        (value, index) => value * get(gain, index % outputs) + get(rest, index),
      );
    },
  });
};

const odd = { rows: 9, inputs: 6, outputs: 11, rank: 3 };
const wide = { rows: 13, inputs: 16, outputs: 8, rank: 4 };
/** More rows than a piece of a product has, by a few. */
const long = { rows: 133, inputs: 20, outputs: 18, rank: 2 };
/** Few rows on a weight that is worth being read by itself. */
const short = { rows: 2, inputs: 580, outputs: 230, rank: 1 };

export const doraCases: readonly OperationCase[] = [
  ...(['gain', 'magnitude'] as const).flatMap((drawn) => [
    dora(odd, { drawn }),
    dora(wide, { drawn, residual: true, activated: true }),
    dora(odd, { drawn, masked: true }),
    dora(wide, { drawn, masked: true, residual: true, activated: true }),
    dora(long, { drawn, residual: true, biased: false }),
    dora(long, { drawn, masked: true, biased: false }),
  ]),
  // With so large a weight, finite differences would take minutes.
  { ...dora(short, { drawn: 'magnitude', residual: true }), wanted: [] },
];
