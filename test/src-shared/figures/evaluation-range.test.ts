import { expect, test } from 'vitest';
import { differenceRange, evaluationRange } from '../../../src-shared/figures/evaluation-range.ts';

test('scores that hardly differ get an axis of 10 points around them', () => {
  const [low, high] = evaluationRange([71, 73], 100_000);
  expect(low).toBeCloseTo(67, 9);
  expect(high).toBeCloseTo(77, 9);
});

test('few examples make the axis 4 standard errors high', () => {
  // Half of 25 examples: a standard error of 10 points.
  const [low, high] = evaluationRange([50, 50], 25);
  expect(low).toBeCloseTo(30, 9);
  expect(high).toBeCloseTo(70, 9);
});

test('larger differences have room, and the ends of a share are kept', () => {
  const [low, high] = evaluationRange([20, 60], 1000);
  expect(low).toBeCloseTo(17.6, 9);
  expect(high).toBeCloseTo(62.4, 9);
  // 8 points around 99 would reach beyond 100: the axis goes down instead, and keeps its 10 points.
  const [least, most] = evaluationRange([98, 100], 100_000);
  expect(least).toBeCloseTo(90, 9);
  expect(most).toBe(100);
  expect(evaluationRange([], 100)).toEqual([0, 100]);
});

test('the whole of an interval beyond 0 or 100 % is in sight', () => {
  // 95 ± 9 of three seeds, as an interval of the mean may have it.
  const [low, high] = evaluationRange([86, 95, 104], 100_000);
  expect(low).toBeLessThan(86);
  expect(high).toBeGreaterThan(104);
  const [least] = evaluationRange([-2, 4, 10], 100_000);
  expect(least).toBeLessThan(-2);
});

test('an axis of differences has zero in sight and may be negative', () => {
  const [low, high] = differenceRange([-3, -2], 100_000, [70]);
  expect(low).toBeCloseTo(-6.5, 9);
  expect(high).toBeCloseTo(3.5, 9);
  expect(differenceRange([-40, 10], 100_000, [70])).toEqual([-43, 13]);
});
