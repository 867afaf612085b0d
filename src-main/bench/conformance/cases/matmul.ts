import { matmul } from '../../../engine/ops/linear/matmul.ts';
import { addRows, get, multiply, transpose } from '../reference.ts';
import type { OperationCase } from './operation-case.ts';

const whole = (m: number, k: number, n: number, transposeA: boolean, transposeB: boolean): OperationCase => ({
  name: `product ${m} × ${k} × ${n}${transposeA ? ', A transposed' : ''}${transposeB ? ', B transposed' : ''}`,
  shapes: {
    a: transposeA ? [k, m] : [m, k],
    b: transposeB ? [n, k] : [k, n],
    bias: [n],
    addend: [m, n],
    multiplier: [m, n],
    a2: [m, 3],
    b2: transposeA ? [n, 3] : [3, n],
  },
  wanted: [],
  run: (take) =>
    matmul(take('a'), take('b'), {
      transposeA,
      transposeB,
      scale: -0.5,
      bias: take('bias'),
      addend: take('addend'),
      multiplier: take('multiplier'),
      also: { a: take('a2'), b: take('b2'), transposeB: transposeA, scale: 3 },
    }),
  reference: (take) => {
    const a = transposeA ? transpose(take('a'), k, m) : take('a');
    const b = transposeB ? transpose(take('b'), n, k) : take('b');
    const b2 = transposeA ? transpose(take('b2'), n, 3) : take('b2');
    const scaled = multiply(a, b, m, k, n).map((value) => -0.5 * value);
    const second = multiply(take('a2'), b2, m, 3, n);
    return addRows(scaled, take('bias')).map(
      (value, index) => (value + get(take('addend'), index) + 3 * get(second, index)) * get(take('multiplier'), index),
    );
  },
});

const bare = (m: number, k: number, n: number, transposeB: boolean, frozen: boolean): OperationCase => ({
  name: `${frozen ? 'frozen ' : ''}product ${m} × ${k} × ${n} and nothing else${transposeB ? ', B transposed' : ''}`,
  shapes: { a: [m, k], b: transposeB ? [n, k] : [k, n] },
  wanted: [],
  run: (take) => matmul(take('a'), take('b'), { transposeB, frozen }),
  reference: (take) => multiply(take('a'), transposeB ? transpose(take('b'), n, k) : take('b'), m, k, n),
});

const sizes: [number, number, number][] = [
  [7, 5, 9],
  [1, 1, 1],
  [1, 577, 231],
  [4, 40, 7],
  [13, 17, 8],
  [6, 33, 24],
  [65, 70, 66],
];

/** Into a few columns or rows, as the gradients of an adapter's factors; and of so many tiles that they are large ones. */
const across = (m: number, k: number, n: number): OperationCase => ({
  name: `product ${m} × ${k} × ${n} and nothing else, A transposed`,
  shapes: { a: [k, m], b: [k, n] },
  wanted: [],
  run: (take) => matmul(take('a'), take('b'), { transposeA: true }),
  reference: (take) => multiply(transpose(take('a'), k, m), take('b'), m, k, n),
});

export const productCases: readonly OperationCase[] = [
  ...sizes.flatMap(([m, k, n]) =>
    [false, true].flatMap((transposeA) => [false, true].map((transposeB) => whole(m, k, n, transposeA, transposeB))),
  ),
  ...[false, true].flatMap((transposeB) =>
    [false, true].flatMap((frozen) => [bare(9, 21, 35, transposeB, frozen), bare(2, 530, 257, transposeB, frozen)]),
  ),
  bare(40, 260, 8, true, false),
  bare(8, 260, 40, false, false),
  across(40, 260, 8),
  across(8, 260, 40),
  bare(516, 8, 516, true, false),
  bare(516, 8, 516, false, false),
  across(516, 8, 516),
];
