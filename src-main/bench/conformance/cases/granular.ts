import { granularUpdate } from '../../../engine/ops/linear/granular-update.ts';
import { get, multiply, transpose } from '../reference.ts';
import { matrix, type OperationCase } from './operation-case.ts';

const scaling = 0.7;
const [rows, inputs, outputs] = [5, 12, 6];

const granular = (k: number, r: number, { masked = false, residual = false } = {}): OperationCase => ({
  name: `granular update of ${k} × ${k} blocks, rank ${r}${masked ? ', dropout' : ''}${residual ? ', residual' : ''}`,
  shapes: {
    x: [rows, inputs],
    a: [k, inputs / k, r],
    b: [k, r, outputs / k],
    mask: [rows, inputs],
    residual: [rows, outputs],
  },
  wanted: ['x', 'a', 'b', ...(residual ? ['residual'] : [])],
  run: (take) =>
    granularUpdate(
      matrix(take, 'x'),
      { a: take('a'), b: take('b'), scaling },
      { mask: masked ? matrix(take, 'mask') : null, residual: residual ? matrix(take, 'residual') : undefined },
    ),
  reference: (take) => {
    const x = masked ? take('x').map((value, at) => value * get(take('mask'), at)) : take('x');
    const [own, width, height] = [r / k, inputs / k, outputs / k];
    const delta = Array.from({ length: outputs * inputs }, (_, at) => {
      const [output, input] = [Math.floor(at / inputs), at % inputs];
      const [j, n] = [Math.floor(output / height), Math.floor(input / width)];
      let sum = 0;
      for (let s = 0; s < own; s++)
        sum +=
          get(take('a'), (n * width + (input % width)) * r + j * own + s) *
          get(take('b'), (j * r + n * own + s) * height + (output % height));
      return sum;
    });
    return multiply(x, transpose(delta, outputs, inputs), rows, inputs, outputs).map(
      (value, at) => scaling * value + (residual ? get(take('residual'), at) : 0),
    );
  },
});

export const granularCases: readonly OperationCase[] = [
  granular(2, 4),
  granular(3, 3, { masked: true, residual: true }),
  granular(1, 2),
];
