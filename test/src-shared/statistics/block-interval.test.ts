import { expect, it } from 'vitest';
import { blockMean } from '../../../src-shared/statistics/block-interval.ts';
import { meanInterval } from '../../../src-shared/statistics/student.ts';

it('is the interval of the mean for blocks of equal weight, and the ratio estimate for others', () => {
  const values = [0.61, 0.72, 0.55, 0.9];
  const { mean, halfWidth } = meanInterval(values);
  const equal = blockMean(values, [50, 50, 50, 50]);
  expect(equal.mean).toBeCloseTo(mean, 12);
  expect(equal.halfWidth).toBeCloseTo(halfWidth ?? Number.NaN, 10);
  // By hand: mean (2·1 + 1·4) / 3 = 2; √(2/1 · ((2·1)² + (1·2)²)) / 3 = 4/3; t(0.975, 1) = 12.7062.
  const weighted = blockMean([1, 4], [2, 1]);
  expect(weighted.mean).toBe(2);
  expect(weighted.halfWidth).toBeCloseTo((12.706204736 * 4) / 3, 6);
});

it('has no interval for one block, or where all agree', () => {
  expect(blockMean([0.5], [10])).toEqual({ mean: 0.5, halfWidth: null });
  expect(blockMean([0.3, 0.3, 0.3], [1, 2, 3]).halfWidth).toBeNull();
});
