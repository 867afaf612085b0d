import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../../../engine/ops/index.ts';
import { joinRows, rowBlocks } from '../../../engine/ops/indexing/row-blocks.ts';
import { stackedLoraLinear } from '../../../engine/ops/linear/stacked-lora-linear.ts';
import { addRows, gelu, get, multiply, transpose } from '../reference.ts';
import { matrix, type OperationCase, withFrozen } from './operation-case.ts';

const [inputs, outputs] = [6, 11];
/** Rows of the blocks and the ranks of their adapters; 0: none. */
const blocks = [
  { rows: 5, rank: 3, scaling: 1.7 },
  { rows: 1, rank: 0, scaling: 0 },
  { rows: 4, rank: 2, scaling: 0.4 },
  // Beyond the ranks of the narrow products.
  { rows: 7, rank: 17, scaling: 0.1 },
];
const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
const adapted = blocks.flatMap(({ rank }, index) => (rank > 0 ? [{ rank, index }] : []));

const stacked = (extras: { readonly residual?: boolean; readonly activated?: boolean } = {}): OperationCase => ({
  name: `lora of several adapters on one weight${extras.residual ? ', residual' : ''}${extras.activated ? ', derivative' : ''}`,
  shapes: {
    x: [rows, inputs],
    weight: [outputs, inputs],
    bias: [outputs],
    residual: [rows, outputs],
    ...Object.fromEntries(adapted.map(({ rank, index }) => [`a${index}`, [rank, inputs]])),
    ...Object.fromEntries(adapted.map(({ rank, index }) => [`b${index}`, [outputs, rank]])),
  },
  wanted: [
    'x',
    ...adapted.flatMap(({ index }) => [`a${index}`, `b${index}`]),
    ...(extras.residual ? ['residual'] : []),
  ],
  run: (take) =>
    withFrozen(take, (frozen) => {
      const x = matrix(take, 'x');
      const { value, derivative } = extras.activated ? activate(x, 'gelu', true) : { value: x };
      const residual = extras.residual ? matrix(take, 'residual') : undefined;
      const all = blocks.map(({ rows: own, rank, scaling }, index) => ({
        rows: own,
        factors: rank > 0 ? { a: take(`a${index}`), b: take(`b${index}`), scaling } : null,
      }));
      return stackedLoraLinear(value, frozen, all, { residual, derivative });
    }),
  reference: (take) => {
    const x = extras.activated ? take('x').map(gelu) : take('x');
    const y = multiply(x, transpose(take('weight'), outputs, inputs), rows, inputs, outputs);
    const biased = addRows(y, take('bias'));
    const base = extras.residual ? biased.map((value, index) => value + get(take('residual'), index)) : biased;
    let start = 0;
    for (const [index, { rows: own, rank, scaling }] of blocks.entries()) {
      if (rank > 0) {
        const part = x.slice(start * inputs, (start + own) * inputs);
        const z = multiply(part, transpose(take(`a${index}`), rank, inputs), own, inputs, rank);
        const up = multiply(z, transpose(take(`b${index}`), outputs, rank), own, rank, outputs);
        for (const [at, value] of up.entries())
          base[start * outputs + at] = get(base, start * outputs + at) + scaling * value;
      }
      start += own;
    }
    return base;
  },
});

/** The middle block squared, the last left out of what is joined again. */
const cut: OperationCase = {
  name: 'rows cut into blocks and joined',
  shapes: { x: [9, 4] },
  wanted: ['x'],
  run: (take) => {
    const [first, middle] = rowBlocks(matrix(take, 'x'), [2, 4, 3]);
    if (first === undefined || middle === undefined) throw new Error('a block is missing');
    return joinRows([tf.mul<tf.Tensor2D>(middle, middle), first]);
  },
  reference: (take) => [
    ...take('x')
      .slice(8, 24)
      .map((value) => value * value),
    ...take('x').slice(0, 8),
  ],
};

export const stackedCases: readonly OperationCase[] = [
  stacked(),
  stacked({ residual: true }),
  stacked({ activated: true }),
  stacked({ residual: true, activated: true }),
  cut,
];
