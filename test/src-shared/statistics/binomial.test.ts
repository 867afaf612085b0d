import { expect, test } from 'vitest';
import { shareError, wilsonInterval } from '../../../src-shared/statistics/binomial.ts';

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
