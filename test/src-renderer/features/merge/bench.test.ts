import { expect, test } from 'vitest';
import {
  addToBench,
  type Bench,
  moveOnBench,
  normalize,
  removeFromBench,
  setWeight,
  shortWeight,
  toggleLock,
  weightSum,
} from '../../../../src-renderer/features/merge/bench.ts';

const weights = (bench: Bench) => bench.map((item) => item.weight);

test('adapters come in once each, with equal weights', () => {
  const bench = addToBench(addToBench(addToBench([], 'a'), 'b'), 'a');
  expect(bench.map((item) => item.adapterId)).toEqual(['a', 'b']);
  expect(weights(bench)).toEqual([0.5, 0.5]);
  expect(weights(addToBench(bench, 'c'))).toEqual([0.333333, 0.333333, 0.333333]);
  expect(removeFromBench(bench, 'a').map((item) => item.adapterId)).toEqual(['b']);
});

test('normalize leaves a locked weight alone and keeps the proportion of the others', () => {
  let bench = addToBench(addToBench(addToBench([], 'a'), 'b'), 'c');
  bench = setWeight(setWeight(setWeight(bench, 'a', 0.4), 'b', 2), 'c', 1);
  bench = normalize(toggleLock(bench, 'a'));
  expect(weights(bench)).toEqual([0.4, 0.4, 0.2]);
  expect(weightSum(bench)).toBeCloseTo(1, 6);
});

test('weights that cancel out become equal shares', () => {
  const bench = setWeight(setWeight(addToBench(addToBench([], 'a'), 'b'), 'a', 1), 'b', -1);
  expect(weights(normalize(bench))).toEqual([0.5, 0.5]);
});

test('a list by layer counts with its mean, and is scaled as a whole', () => {
  const bench = setWeight(setWeight(addToBench(addToBench([], 'a'), 'b'), 'a', [1, 3]), 'b', 2);
  expect(weightSum(bench)).toBe(4);
  expect(weights(normalize(bench))).toEqual([[0.25, 0.75], 0.5]);
});

test('a row moves up and down, and no further than the ends', () => {
  const bench = addToBench(addToBench(addToBench([], 'a'), 'b'), 'c');
  const order = (moved: Bench) => moved.map(({ adapterId }) => adapterId).join('');
  expect(order(moveOnBench(bench, 'c', 1))).toBe('acb');
  expect(order(moveOnBench(bench, 'a', 2))).toBe('bca');
  expect(order(moveOnBench(bench, 'a', 9))).toBe('bca');
  // Nothing to undo where nothing moves.
  expect(moveOnBench(bench, 'a', -1)).toBe(bench);
  expect(moveOnBench(bench, 'elsewhere', 1)).toBe(bench);
});

test('a weight is shown to three digits', () => {
  expect([1 / 3, 1, -0.25, 0.666667].map(shortWeight)).toEqual(['0.333', '1', '-0.25', '0.667']);
  expect(shortWeight([1, 0.123456])).toBe('1, 0.123');
});
