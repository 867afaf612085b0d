import { activate, adaloraLinear, frozenLinear, loraLinear, trainedLinear } from '../../../engine/ops/index.ts';
import { addRows, gelu, get, multiply, transpose } from '../reference.ts';
import { type LinearExtras, type LinearSizes, linearCase } from './linear-case.ts';
import { matrix, type OperationCase, type TakeValues, vector, withFrozen } from './operation-case.ts';

interface Extras extends Pick<LinearExtras, 'residual' | 'activated'> {
  /** AdaLoRA's singular values between the factors. */
  readonly triplets?: boolean;
}

const name = (extras: Extras) => `${extras.residual ? ', residual' : ''}${extras.activated ? ', derivative' : ''}`;

function linear(take: TakeValues, { rows, inputs, outputs }: LinearSizes, extras: Extras): number[] {
  const x = extras.activated ? take('x').map(gelu) : take('x');
  const y = multiply(x, transpose(take('weight'), outputs, inputs), rows, inputs, outputs);
  const biased = addRows(y, take('bias'));
  return extras.residual ? biased.map((value, index) => value + get(take('residual'), index)) : biased;
}

const lora = (sizes: LinearSizes, rank: number, masked: boolean, extras: Extras = {}): OperationCase => {
  const { rows, inputs, outputs } = sizes;
  return linearCase(
    sizes,
    { ...extras, masked },
    {
      name: `${extras.triplets ? 'adalora' : 'lora'} linear ${rows} × ${inputs} → ${outputs}, rank ${rank}${masked ? ', dropout' : ''}${name(extras)}`,
      shapes: { a: [rank, inputs], b: [outputs, rank], e: [rank, 1], mask: [rows, inputs] },
      wanted: ['a', 'b', ...(extras.triplets ? ['e'] : [])],
      run: (value, frozen, options, take) => {
        const factors = { a: take('a'), b: take('b'), scaling: 1.7 };
        return extras.triplets
          ? adaloraLinear(value, frozen, { ...factors, e: take('e') }, options)
          : loraLinear(value, frozen, factors, options);
      },
      reference: (take, x, dropped) => {
        const z = multiply(dropped, transpose(take('a'), rank, inputs), rows, inputs, rank);
        const weighted = extras.triplets ? z.map((value, index) => value * get(take('e'), index % rank)) : z;
        const up = multiply(weighted, transpose(take('b'), outputs, rank), rows, rank, outputs);
        return multiply(x, transpose(take('weight'), outputs, inputs), rows, inputs, outputs).map(
          (value, index) => value + 1.7 * get(up, index),
        );
      },
    },
  );
};

const plain = (kind: 'frozen' | 'trained', sizes: LinearSizes, extras: Extras = {}): OperationCase => {
  const { rows, inputs, outputs } = sizes;
  return {
    name: `${kind} linear ${rows} × ${inputs} → ${outputs}${name(extras)}`,
    shapes: {
      x: [rows, inputs],
      weight: [outputs, inputs],
      bias: [outputs],
      residual: [rows, outputs],
    },
    wanted: ['x', ...(kind === 'trained' ? ['weight', 'bias'] : []), ...(extras.residual ? ['residual'] : [])],
    run: (take) => {
      const x = matrix(take, 'x');
      const { value, derivative } = extras.activated ? activate(x, 'gelu', true) : { value: x };
      const options = { residual: extras.residual ? matrix(take, 'residual') : undefined, derivative };
      if (kind === 'trained') return trainedLinear(value, matrix(take, 'weight'), vector(take, 'bias'), options);
      return withFrozen(take, (frozen) => frozenLinear(value, frozen, options));
    },
    reference: (take) => linear(take, sizes, extras),
  };
};

const odd = { rows: 9, inputs: 6, outputs: 11 };
const both = { residual: true, activated: true };

export const linearCases: readonly OperationCase[] = [
  plain('frozen', odd),
  plain('frozen', odd, { residual: true }),
  plain('frozen', odd, { activated: true }),
  plain('frozen', { rows: 17, inputs: 24, outputs: 16 }, both),
  plain('trained', odd),
  plain('trained', odd, both),
  {
    name: 'frozen linear without a bias',
    shapes: { x: [5, 7], weight: [3, 7] },
    wanted: ['x'],
    run: (take) => withFrozen(take, (frozen) => frozenLinear(matrix(take, 'x'), frozen), false),
    reference: (take) => multiply(take('x'), transpose(take('weight'), 3, 7), 5, 7, 3),
  },
  lora(odd, 3, false),
  lora({ rows: 13, inputs: 16, outputs: 8 }, 4, false),
  lora({ rows: 7, inputs: 5, outputs: 6 }, 2, true),
  lora(odd, 3, false, { residual: true }),
  lora(odd, 3, false, both),
  lora({ rows: 7, inputs: 5, outputs: 6 }, 2, true, both),
  lora(odd, 3, false, { triplets: true }),
  lora({ rows: 13, inputs: 16, outputs: 8 }, 4, false, { triplets: true, residual: true }),
  lora({ rows: 7, inputs: 5, outputs: 6 }, 2, true, { ...both, triplets: true }),
];
