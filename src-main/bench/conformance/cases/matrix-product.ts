import { matrixProduct } from '../../../engine/ops/linear/matrix-product.ts';
import { multiply } from '../reference.ts';
import type { OperationCase } from './operation-case.ts';

export const matrixProductCases: readonly OperationCase[] = [
  {
    name: 'matrix product 5 × 3 × 7',
    shapes: { a: [5, 3], b: [3, 7] },
    wanted: ['a', 'b'],
    run: (take) => matrixProduct(take('a'), take('b')),
    reference: (take) => multiply(take('a'), take('b'), 5, 3, 7),
  },
];
