import { expect, test } from 'vitest';
import {
  drawnSpread,
  meanInterval,
  pairedDifference,
  studentQuantile,
} from '../../../src-shared/statistics/student.ts';

test("Student's quantiles as tables print them", () => {
  const table: [number, number][] = [
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [4, 2.7764],
    [9, 2.2622],
    [30, 2.0423],
    [1000, 1.9623],
  ];
  for (const [degrees, quantile] of table) expect(studentQuantile(0.975, degrees)).toBeCloseTo(quantile, 4);
  expect(studentQuantile(0.025, 4)).toBeCloseTo(-2.7764, 4);
  expect(studentQuantile(0.5, 4)).toBe(0);
  // With one degree of freedom the distribution is Cauchy's: tan(π·(0.9 − ½)).
  expect(studentQuantile(0.9, 1)).toBeCloseTo(Math.tan(Math.PI * 0.4), 9);
});

test('paired differences by hand', () => {
  // Differences 1, 2, 3: mean 2, s = 1, half width 4.3027 / √3.
  const difference = pairedDifference([11, 22, 33], [10, 20, 30]);
  expect(difference.mean).toBe(2);
  expect(difference.halfWidth).toBeCloseTo(4.30265 / Math.sqrt(3), 4);
});

test('equal values give no interval, also where only rounding tells them apart', () => {
  expect(meanInterval([0.7, 0.7, 0.7]).halfWidth).toBeNull();
  expect(pairedDifference([0.757, 0.737], [0.753, 0.733]).halfWidth).toBeNull();
  expect(meanInterval([0, 1e-6]).halfWidth).not.toBeNull();
});

test('one value has a mean and no interval; unpaired values are an error', () => {
  expect(meanInterval([0.5])).toEqual({ n: 1, mean: 0.5, halfWidth: null });
  expect(() => pairedDifference([1], [1, 2])).toThrow(RangeError);
});

test('a figure draws the range of two values and the 95 % interval from three on', () => {
  expect(drawnSpread([5]).halfWidth).toBeNull();
  expect(drawnSpread([60, 62])).toEqual({ mean: 61, halfWidth: 1 });
  // s of 1, 2, 3 is 1: t(0.975, 2) / √3 = 4.3027 / 1.7321.
  expect(drawnSpread([1, 2, 3]).halfWidth).toBeCloseTo(2.4841, 3);
});
