import { hadamardUpdate, usesKhatriRao } from '../../../engine/ops/linear/hadamard-update.ts';
import { get, multiply, transpose } from '../reference.ts';
import { matrix, type OperationCase } from './operation-case.ts';

const scaling = 0.7;

interface Sizes {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

const hadamard = (sizes: Sizes, r1: number, r2: number, { masked = false, residual = false } = {}): OperationCase => {
  const { rows, inputs, outputs } = sizes;
  const way = usesKhatriRao(sizes, r1, r2) ? 'Khatri-Rao factors' : 'blocks of ΔW';
  return {
    name: `Hadamard update ${rows} × ${inputs} → ${outputs}, ranks ${r1} and ${r2}, by ${way}${masked ? ', dropout' : ''}${residual ? ', residual' : ''}`,
    shapes: {
      x: [rows, inputs],
      a1: [r1, inputs],
      b1: [outputs, r1],
      a2: [r2, inputs],
      b2: [outputs, r2],
      mask: [rows, inputs],
      residual: [rows, outputs],
    },
    wanted: ['x', 'a1', 'b1', 'a2', 'b2', ...(residual ? ['residual'] : [])],
    run: (take) => {
      const [a1, b1, a2, b2] = [take('a1'), take('b1'), take('a2'), take('b2')];
      return hadamardUpdate(
        matrix(take, 'x'),
        { a1, b1, a2, b2, scaling },
        {
          mask: masked ? matrix(take, 'mask') : null,
          residual: residual ? matrix(take, 'residual') : undefined,
          // Several blocks, the last one smaller.
          blockValues: 4 * inputs,
        },
      );
    },
    reference: (take) => {
      const x = masked ? take('x').map((value, at) => value * get(take('mask'), at)) : take('x');
      const second = multiply(take('b2'), take('a2'), outputs, r2, inputs);
      const delta = multiply(take('b1'), take('a1'), outputs, r1, inputs).map((value, at) => value * get(second, at));
      const update = multiply(x, transpose(delta, outputs, inputs), rows, inputs, outputs);
      return update.map((value, at) => scaling * value + (residual ? get(take('residual'), at) : 0));
    },
  };
};

export const hadamardCases: readonly OperationCase[] = [
  hadamard({ rows: 5, inputs: 24, outputs: 18 }, 2, 3),
  hadamard({ rows: 5, inputs: 24, outputs: 18 }, 2, 3, { masked: true, residual: true }),
  hadamard({ rows: 5, inputs: 7, outputs: 6 }, 3, 2),
  hadamard({ rows: 5, inputs: 7, outputs: 6 }, 3, 2, { masked: true, residual: true }),
];
