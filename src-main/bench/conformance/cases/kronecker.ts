import { kroneckerUpdate } from '../../../engine/ops/linear/kronecker-update.ts';
import { get, multiply, transpose } from '../reference.ts';
import { matrix, type OperationCase } from './operation-case.ts';

const scaling = 0.7;
/** W₁ [l, m], W₂ [k, n]. */
const [rows, l, m, k, n] = [5, 3, 4, 5, 6];

const kronecker = (
  parts: readonly ('left' | 'right')[],
  rank: number,
  { masked = false, residual = false } = {},
): OperationCase => ({
  name: `Kronecker update, ${parts.join(' and ')} of rank ${rank}${masked ? ', dropout' : ''}${residual ? ', residual' : ''}`,
  shapes: {
    x: [rows, m * n],
    w1: [l, m],
    left: [k, rank],
    right: [rank, n],
    mask: [rows, m * n],
    residual: [rows, l * k],
  },
  wanted: ['x', 'w1', ...parts, ...(residual ? ['residual'] : [])],
  run: (take) =>
    kroneckerUpdate(
      matrix(take, 'x'),
      {
        w1: take('w1'),
        left: parts.includes('left') ? take('left') : undefined,
        right: parts.includes('right') ? take('right') : undefined,
        scaling,
      },
      { mask: masked ? matrix(take, 'mask') : null, residual: residual ? matrix(take, 'residual') : undefined },
    ),
  reference: (take) => {
    const x = masked ? take('x').map((value, at) => value * get(take('mask'), at)) : take('x');
    const [alone] = parts;
    const w2 = parts.length === 2 ? multiply(take('left'), take('right'), k, rank, n) : take(alone ?? 'left');
    const delta = Array.from({ length: l * k * m * n }, (_, at) => {
      const [row, column] = [Math.floor(at / (m * n)), at % (m * n)];
      const outer = get(take('w1'), Math.floor(row / k) * m + Math.floor(column / n));
      return outer * get(w2, (row % k) * n + (column % n));
    });
    return multiply(x, transpose(delta, l * k, m * n), rows, m * n, l * k).map(
      (value, at) => scaling * value + (residual ? get(take('residual'), at) : 0),
    );
  },
});

export const kroneckerCases: readonly OperationCase[] = [
  kronecker(['left', 'right'], 2),
  kronecker(['left', 'right'], 2, { masked: true, residual: true }),
  kronecker(['left'], n),
  kronecker(['left'], n, { masked: true, residual: true }),
  kronecker(['right'], k),
  kronecker(['right'], k, { masked: true, residual: true }),
];
