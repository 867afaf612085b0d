import { hiraEmbedding } from '../../../engine/ops/linear/hira-embedding.ts';
import { hiraLinear } from '../../../engine/ops/linear/hira-linear.ts';
import { hiraWeight } from '../../../engine/ops/linear/hira-matmul.ts';
import { get, multiply, transpose } from '../reference.ts';
import { flagsOf, type LinearExtras, linearCase } from './linear-case.ts';
import { int32, type OperationCase, type TakeValues, withFrozen } from './operation-case.ts';

interface Sizes {
  readonly inputs: number;
  readonly outputs: number;
  readonly rank: number;
}

const scaling = 1.7;

/** W ∘ s·B·A [outputs, inputs]; of a table [inputs, outputs] its transpose. */
function update(take: TakeValues, { inputs, outputs, rank }: Sizes, isTable = false): number[] {
  const weight = isTable ? transpose(take('weight'), inputs, outputs) : take('weight');
  return multiply(take('b'), take('a'), outputs, rank, inputs).map((value, at) => scaling * value * get(weight, at));
}

const linear = (rows: number, sizes: Sizes, extras: LinearExtras = {}): OperationCase => {
  const { inputs, outputs, rank } = sizes;
  return linearCase({ rows, inputs, outputs }, extras, {
    name: [`hira linear ${rows} × ${inputs} → ${outputs}, rank ${rank}`, ...flagsOf(extras)].join(', '),
    shapes: { a: [rank, inputs], b: [outputs, rank], mask: [rows, inputs] },
    wanted: ['a', 'b'],
    run: (value, frozen, options, take) => hiraLinear(value, frozen, { a: take('a'), b: take('b'), scaling }, options),
    reference: (take, x, dropped) => {
      const base = multiply(x, transpose(take('weight'), outputs, inputs), rows, inputs, outputs);
      const added = multiply(dropped, transpose(update(take, sizes), outputs, inputs), rows, inputs, outputs);
      return base.map((value, at) => value + get(added, at));
    },
  });
};

const weight = (sizes: Sizes, inputsFirst: boolean): OperationCase => {
  const { inputs, outputs, rank } = sizes;
  return {
    name: `hira weight ${outputs} × ${inputs}, rank ${rank}, ${inputsFirst ? 'inputs' : 'outputs'} first`,
    shapes: {
      weight: inputsFirst ? [inputs, outputs] : [outputs, inputs],
      a: [rank, inputs],
      b: [outputs, rank],
    },
    wanted: [],
    run: (take) => hiraWeight({ weight: take('weight'), a: take('a'), b: take('b'), scaling }, { inputsFirst }),
    reference: (take) => {
      const added = update(take, sizes, inputsFirst);
      const turned = inputsFirst ? transpose(added, outputs, inputs) : added;
      return take('weight').map((value, at) => value + get(turned, at));
    },
  };
};

const odd = { inputs: 6, outputs: 11, rank: 3 };
const wide = { inputs: 16, outputs: 8, rank: 4 };
/** More outputs than a panel of a backend has, by a few. */
const tall = { inputs: 37, outputs: 150, rank: 3 };
const ids = [4, 0, 4, 2, 5, 4];

export const hiraCases: readonly OperationCase[] = [
  linear(9, odd),
  linear(13, wide, { residual: true, activated: true }),
  linear(9, odd, { masked: true }),
  linear(13, wide, { masked: true, residual: true, activated: true }),
  linear(133, { inputs: 20, outputs: 18, rank: 2 }, { residual: true, biased: false }),
  linear(5, tall, { residual: true }),
  { ...linear(1, tall), wanted: ['x'] },
  // With so large a weight, finite differences would take minutes.
  { ...linear(2, { inputs: 580, outputs: 230, rank: 1 }, { residual: true }), wanted: [] },
  weight(odd, false),
  weight(odd, true),
  weight(tall, false),
  weight(tall, true),
  {
    name: 'hira embedding, ids that come again',
    shapes: { weight: [odd.inputs, odd.outputs], a: [odd.rank, odd.inputs], b: [odd.outputs, odd.rank] },
    wanted: ['a', 'b'],
    run: (take) =>
      withFrozen(take, (frozen) => hiraEmbedding(int32(ids), frozen, { a: take('a'), b: take('b'), scaling }), false),
    reference: (take) => {
      const added = transpose(update(take, odd, true), odd.outputs, odd.inputs);
      const table = take('weight').map((value, at) => value + get(added, at));
      return ids.flatMap((id) => table.slice(id * odd.outputs, (id + 1) * odd.outputs));
    },
  },
];
