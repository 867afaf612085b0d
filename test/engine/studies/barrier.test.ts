import { expect, test } from 'vitest';
import { barrier } from '../../../src-main/engine/studies/barrier.ts';

const curve = (values: number[]) => values.map((value, index) => ({ lambda: index / (values.length - 1), value }));

test('the largest fall below the straight line between the ends', () => {
  // The line runs 0.8, 0.75, 0.7, 0.65, 0.6: the distances are 0, 0.05, 0.3, 0.1, 0.
  expect(barrier(curve([0.8, 0.7, 0.4, 0.55, 0.6]), 'higher')).toBeCloseTo(0.3, 12);
});

test('a curve above the line has no accuracy barrier, and the whole of it is a loss barrier', () => {
  expect(barrier(curve([1, 1.5, 1]), 'higher')).toBe(0);
  expect(barrier(curve([1, 1.5, 1]), 'lower')).toBeCloseTo(0.5, 12);
});

test('no curve, no barrier', () => {
  expect(() => barrier(curve([1]), 'higher')).toThrow(RangeError);
});
