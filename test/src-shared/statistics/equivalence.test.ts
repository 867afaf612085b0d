import { expect, test } from 'vitest';
import { equivalenceTest } from '../../../src-shared/statistics/equivalence.ts';
import { meanInterval } from '../../../src-shared/statistics/student.ts';

test('p is that of the nearer margin', () => {
  // Mean 0.2, standard error 0.1 with 3 degrees of freedom: t = (1 − 0.2) / 0.1 = 8, whose upper tail is 0.002038.
  const difference = { n: 4, mean: 0.2, halfWidth: 3.182446305 * 0.1 };
  expect(equivalenceTest(difference, 1)).toBeCloseTo(0.002038, 6);
  expect(equivalenceTest({ ...difference, mean: -0.2 }, 1)).toBeCloseTo(0.002038, 6);
});

test('p is a half for a mean at the margin, and more beyond', () => {
  expect(equivalenceTest({ n: 4, mean: 1, halfWidth: 0.3 }, 1)).toBeCloseTo(0.5, 9);
  expect(equivalenceTest({ n: 4, mean: 1.2, halfWidth: 0.3 }, 1)).toBeGreaterThan(0.5);
});

test('p is below 0.05 exactly where the 90 % interval is within the margin', () => {
  const differences = meanInterval([0.3, -0.1, 0.2, 0.0, 0.4]);
  const error = (differences.halfWidth ?? Number.NaN) / 2.776445105;
  const end = differences.mean + 2.131846786 * error;
  expect(equivalenceTest(differences, end + 1e-6)).toBeLessThan(0.05);
  expect(equivalenceTest(differences, end - 1e-6)).toBeGreaterThan(0.05);
});

test('nothing is tested without an interval', () => {
  expect(equivalenceTest({ n: 1, mean: 0, halfWidth: null }, 1)).toBeNull();
});
