import { expect, test } from 'vitest';
import { meanCurve } from '../../../src-shared/curves/mean-curve.ts';
import { makeCurve } from './make-curve.ts';

test('the mean of three seeds has Student’s interval at every step', () => {
  const folded = meanCurve([
    makeCurve('loss', [0, 1], [1, 5]),
    makeCurve('loss', [0, 1], [2, 5]),
    makeCurve('loss', [0, 1], [6, 5]),
  ]);
  expect(folded.means).toEqual([3, 5]);
  // 1, 2, 6: s = √7, t(0.975, 2) = 4.302653; 4.302653 · √(7 / 3) = 6.572411. Equal values say nothing of the spread.
  expect(folded.halfWidths[0]).toBeCloseTo(6.572411, 5);
  expect(folded.halfWidths[1]).toBeNull();
  expect(folded.seeds).toBe(3);
});

test('the band of two seeds is their range', () => {
  const folded = meanCurve([makeCurve('loss', [0], [1]), makeCurve('loss', [0], [4])]);
  expect([folded.means, folded.halfWidths]).toEqual([[2.5], [1.5]]);
});

test('the mean ends where the first seed ends; a seed that has not begun does not hold it back', () => {
  const folded = meanCurve([
    makeCurve('loss', [0, 10, 20], [3, 2, 1]),
    makeCurve('loss', [0, 10], [5, 4]),
    makeCurve('loss', [], []),
  ]);
  expect(folded.means).toEqual([4, 3]);
  expect(folded.seeds).toBe(2);
  expect(folded.all.map(({ values }) => values)).toEqual([
    [3, 2, 1],
    [5, 4],
  ]);
});

test('curves in buckets of other widths are brought to the widest, weighted by their counts', () => {
  // Eight values in at most four buckets: pairs. The other run stopped after four steps and has single values.
  const wide = makeCurve('loss', [0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 4, 6, 8, 10, 12, 14], 4);
  expect(wide.width).toBe(2);
  const folded = meanCurve([wide, makeCurve('loss', [0, 1, 2], [3, 5, 8])]);
  expect(folded.width).toBe(2);
  // Steps 0 and 1: 1 and 4. Steps 2 and 3: 5 and 8 (only step 2 of the second).
  expect(folded.means).toEqual([2.5, 6.5]);
  expect(folded.at[1]).toEqual({ steps: [0.5, 2], values: [4, 8], counts: [2, 1] });
});

test('each seed is changed as a whole before the mean is taken', () => {
  const sums = ({ values }: { values: readonly number[] }) => values.map((_, at) => values.slice(0, at + 1).length);
  expect(meanCurve([makeCurve('loss', [0, 1], [7, 7]), makeCurve('loss', [1], [7])], sums).means).toEqual([1.5]);
});
