import { expect, test } from 'vitest';
import { shareDifferenceInterval, shareError, wilsonInterval } from '../../../src-shared/statistics/binomial.ts';

test.each([
  // statsmodels.stats.proportion.proportion_confint(count, n, method='wilson')
  [70, 100, 0.604151, 0.781053],
  [0, 20, 0, 0.161125],
  [20, 20, 0.838875, 1],
])('the interval of %i of %i', (right, count, low, high) => {
  const interval = wilsonInterval(right / count, count);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});

test('half of 100 trials has a standard error of a twentieth', () => {
  expect(shareError(0.5, 100)).toBeCloseTo(0.05, 12);
});

test.each([
  // Newcombe, Statistics in Medicine 17 (1998), table II, method 10, contrasts of equal sample sizes.
  [9 / 10, 3 / 10, 10, 0.1705, 0.809],
  [10 / 10, 0 / 10, 10, 0.6075, 1],
])('the difference of the shares %f and %f of %i trials each', (share, other, count, low, high) => {
  const interval = shareDifferenceInterval(share, other, count);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});
