import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { barriersOf } from '../../../../src-shared/studies/interpolation/barrier.ts';
import { goldenPath } from '../../../engine/golden.ts';

const curve = (values: readonly number[]) =>
  values.map((value, index) => ({ lambda: index / (values.length - 1), value }));

test('the largest fall below the straight line between the ends, and below their mean', () => {
  // The line runs 0.8, 0.75, 0.7, 0.65, 0.6: the distances are 0, 0.05, 0.3, 0.1, 0.
  const found = barriersOf(curve([0.8, 0.7, 0.4, 0.55, 0.6]), 'higher');
  expect(found.line).toBeCloseTo(0.3, 12);
  expect(found.mean).toBeCloseTo(0.3, 12);
  expect(found.at).toBe(0.5);
});

test('a curve above the line has no accuracy barrier, and the whole of it is a loss barrier', () => {
  expect(barriersOf(curve([1, 1.5, 1]), 'higher')).toEqual({ line: 0, mean: 0, at: 0 });
  expect(barriersOf(curve([1, 1.5, 1]), 'lower')).toMatchObject({ line: 0.5, mean: 0.5 });
});

test('ends of different height are a barrier from their mean alone', () => {
  const found = barriersOf(curve([0.9, 0.8, 0.7]), 'higher');
  expect(found.line).toBeCloseTo(0, 12);
  expect(found.mean).toBeCloseTo(0.1, 12);
});

test('no curve, no barrier', () => {
  expect(() => barriersOf(curve([1]), 'higher')).toThrow(RangeError);
});

const pinned = z.object({
  values: z.array(z.number()),
  barrier: z.number(),
  barrier_from_mean: z.number(),
  at: z.number(),
});
const golden = z
  .record(z.string(), z.unknown())
  .parse(JSON.parse(readFileSync(goldenPath('methods', 'mode-connectivity', 'curves.json'), 'utf8')));

test.each(['loss_factors', 'loss_delta', 'loss_aligned_factors', 'accuracy'])(
  'the golden barriers of %s, by both definitions',
  (name) => {
    const { values, barrier, barrier_from_mean, at } = pinned.parse(golden[name]);
    const found = barriersOf(curve(values), name === 'accuracy' ? 'higher' : 'lower');
    expect(found.line).toBeCloseTo(barrier, 12);
    expect(found.mean).toBeCloseTo(barrier_from_mean, 12);
    expect(found.at).toBeCloseTo(at, 12);
  },
);
