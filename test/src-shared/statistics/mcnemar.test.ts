import { expect, test } from 'vitest';
import { mcNemarTest, pairedCounts } from '../../../src-shared/statistics/mcnemar.ts';

test('counts examples by which of two models is right', () => {
  const counts = pairedCounts([1, 1, 0, 0, 1], [1, 0, 1, 0, 0]);
  expect(counts).toEqual({ bothRight: 1, onlyFirst: 2, onlySecond: 1, bothWrong: 1 });
  expect(() => pairedCounts([1], [1, 0])).toThrow(RangeError);
});

test('gives the binomial probability of a split at least as uneven', () => {
  // At most one head, or at most one tail, in 10 tosses: 2 · (1 + 10) / 2^10.
  expect(mcNemarTest({ onlyFirst: 1, onlySecond: 9 })).toBeCloseTo(22 / 1024, 14);
  expect(mcNemarTest({ onlyFirst: 9, onlySecond: 1 })).toBeCloseTo(22 / 1024, 14);
  expect(mcNemarTest({ onlyFirst: 0, onlySecond: 3 })).toBeCloseTo(0.25, 14);
});

test('is 1 for an even split and for no difference at all', () => {
  expect(mcNemarTest({ onlyFirst: 0, onlySecond: 0 })).toBe(1);
  expect(mcNemarTest({ onlyFirst: 6, onlySecond: 6 })).toBe(1);
});

test('is finite for more examples than a double has powers of two for', () => {
  // The normal approximation with continuity correction has 2.2e-5.
  const p = mcNemarTest({ onlyFirst: 1200, onlySecond: 1000 });
  expect(p).toBeGreaterThan(2.0e-5);
  expect(p).toBeLessThan(2.4e-5);
});
