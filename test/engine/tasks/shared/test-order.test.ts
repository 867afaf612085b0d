import { expect, test } from 'vitest';
import { byLength, inGivenOrder, testOrder } from '../../../../src-main/engine/tasks/shared/test-order.ts';

test('the order is one of all examples, and the same each time', () => {
  const order = testOrder(50);
  expect([...order].sort((one, other) => one - other)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  expect(testOrder(50)).toEqual(order);
  expect([...order].slice(0, 5)).not.toEqual([0, 1, 2, 3, 4]);
});

test('long rows come first, equal ones in their order, and a batch has no more tokens than fit', () => {
  const lengths = [3, 9, 3, 8000];
  const run = byLength(Int32Array.of(2, 0, 1), (index) => lengths[index] ?? 0, 64);
  expect(run).toEqual({
    sorted: Int32Array.of(1, 0, 2),
    positions: Int32Array.of(2, 1, 0),
    batchSize: 64,
  });
  // Rows of two values made of the sorted indices come back as rows of the given ones.
  expect(inGivenOrder(Float32Array.of(1, 10, 0, 0, 2, 20), run, 2)).toEqual(Float32Array.of(2, 20, 0, 0, 1, 10));
  expect(byLength(Int32Array.of(0, 3), (index) => lengths[index] ?? 0, 64).batchSize).toBe(2);
  expect(byLength(new Int32Array(0), () => 0, 64).batchSize).toBe(64);
});
