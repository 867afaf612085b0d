import { expect, test } from 'vitest';
import { inverse, type Matrix, matmul } from '../../../src-main/engine/linalg/index.ts';
import { RandomStream } from '../../../src-shared/random.ts';

test('a matrix times its inverse is the identity, also where rows must be exchanged', () => {
  const random = RandomStream.seeded(1, 'study');
  const drawn: Matrix = { shape: [9, 9], data: Float64Array.from({ length: 81 }, () => random.normal()) };
  drawn.data[0] = 0;
  const product = matmul(drawn, inverse(drawn) ?? drawn).data;
  product.forEach((value, at) => {
    expect(value).toBeCloseTo(at % 10 === 0 ? 1 : 0, 10);
  });
  expect([...(inverse({ shape: [2, 2], data: Float64Array.of(0, 2, 4, 0) })?.data ?? [])]).toEqual([0, 0.25, 0.5, 0]);
});

test('a singular matrix has no inverse', () => {
  expect(inverse({ shape: [2, 2], data: Float64Array.of(1, 2, 2, 4) })).toBeNull();
  expect(inverse({ shape: [1, 1], data: Float64Array.of(0) })).toBeNull();
  expect(inverse({ shape: [1, 1], data: Float64Array.of(Number.NaN) })).toBeNull();
});
