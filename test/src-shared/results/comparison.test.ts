import { expect, test } from 'vitest';
import { conclusions, formatDifference, rowDifference } from '../../../src-shared/results/comparison.ts';
import type { TableCell, TableRow } from '../../../src-shared/results/comparison-row.ts';
import { demoTable } from '../../../src-shared/results/demo-table.ts';
import { runs, studies } from '../../backend/reports/records.ts';

const cell = (values: [number | null, number][]): TableCell => ({
  mean: values.length === 0 ? null : values.reduce((sum, [, value]) => sum + value, 0) / values.length,
  values: values.map(([seed, value]) => ({ seed, value })),
});
const sides = { without: 'DoRA', coto: 'DoRA + CoTo' };
const row = (more: Partial<TableRow>): TableRow => ({
  id: 'row',
  label: 'Row',
  unit: 'percent',
  better: 'higher',
  lora: cell([]),
  coto: cell([]),
  ...more,
});

test('differences are paired by seed, whatever the order, and leave unpaired seeds out', () => {
  const paired = row({
    lora: cell([
      [1, 0.7],
      [2, 0.6],
      [9, 0.1],
    ]),
    coto: cell([
      [2, 0.65],
      [1, 0.71],
    ]),
  });
  const difference = rowDifference(paired);
  // 0.05 and 0.01: mean 0.03, s = 0.04/√2, half width 12.7062 · 0.02.
  expect(difference?.n).toBe(2);
  expect(difference?.mean).toBeCloseTo(0.03, 12);
  expect(difference?.halfWidth).toBeCloseTo(12.7062 * 0.02, 4);
  expect(rowDifference(row({ lora: cell([[1, 0.7]]), coto: cell([[2, 0.7]]) }))).toBeNull();
});

test('a difference is written with its sign, and none where it rounds to zero', () => {
  expect(formatDifference(0.0123, 'percent')).toBe('+1.2');
  expect(formatDifference(-0.0123, 'percent')).toBe('−1.2');
  expect(formatDifference(-0.00001, 'percent')).toBe('0.0');
});

test('the demo table and its sentences, from results worked by hand', () => {
  const rows = demoTable(runs, studies);
  const means = new Map(rows.map(({ id, lora, coto }) => [id, [lora.mean, coto.mean]]));
  expect(means.get('alone')?.map((value) => value?.toFixed(4))).toEqual(['0.7100', '0.7300']);
  expect(means.get('merged/factor-average')).toEqual([0.65, 0.72]);
  expect(means.get('barrier/accuracy')).toEqual([0.11, 0.02]);
  expect(means.get('pattern/Low third')?.map((value) => value?.toFixed(4))).toEqual(['0.5100', '0.6200']);
  const sentences = conclusions(rows, 100, sides);
  expect(means.get('barrier/loss/weight-average')).toEqual([0.1, 0.05]);
  // Alone, 2 merges, 4 barriers (lower is better), 2 patterns, 1 sparsity: CoTo is ahead in all 10.
  // Every other layer gains 10 and 8, low third 10 and 12, half 10 and 8 points: 9 ± 12.7 excludes nothing …
  expect(sentences[0]).toMatch(
    /^DoRA \+ CoTo is clearly better in 0 of 10 metrics, DoRA in 0; no clear difference in 4; not enough seeds to tell in 6\./,
  );
  expect(sentences[1]).toBe('Two seeds give very wide intervals. Use at least three.');
  expect(sentences[2]).toMatch(/^No interval for Merged by factors.*: one value per method\.$/);
  expect(sentences[3]).toBe(
    'Before merging or pruning, CoTo scores 2.0 points higher (95% CI ±12.7): no clear difference.',
  );
  expect(sentences[4]).toMatch(
    /^A training step took 304\.0 ms without and 244\.0 ms with CoTo \(step time \(mean\); 66\.0% of/,
  );
  // √(0.72 · 0.28 / 100) = 4.49 points.
  expect(sentences[5]).toBe('With 100 test examples, each accuracy has a standard error of about 4.5 points.');
});

test('equal differences claim no certainty', () => {
  const equal = row({
    id: 'alone',
    lora: cell([
      [1, 0.753],
      [2, 0.733],
    ]),
    coto: cell([
      [1, 0.757],
      [2, 0.737],
    ]),
  });
  const sentences = conclusions([equal], 300, sides);
  expect(sentences).toEqual([
    'DoRA + CoTo is clearly better in 0 of 1 metric, DoRA in 0; not enough seeds to tell in 1.',
    'No interval for Row: both seed pairs differ by the same amount.',
    'Before merging or pruning: 74.3% without CoTo, 74.7% with CoTo; not enough seeds to tell.',
    'With 300 test examples, each accuracy has a standard error of about 2.5 points.',
  ]);
});

test('methods of equal scores are said to score the same', () => {
  const equal = row({ lora: cell([[1, 0.7]]), coto: cell([[1, 0.7]]) });
  expect(conclusions([equal], null, sides)[0]).toBe('Both methods score the same on the one metric compared.');
  expect(conclusions([equal, equal], null, sides)[0]).toBe('Both methods score the same on all 2 metrics compared.');
});

test('a saving of time is a result only where its interval excludes zero', () => {
  const step = (lora: [number, number][], coto: [number, number][]) =>
    conclusions(
      [
        row({
          id: 'step',
          label: 'Step time (mean)',
          unit: 'milliseconds',
          better: 'lower',
          lora: cell(lora),
          coto: cell(coto),
        }),
      ],
      null,
      sides,
    ).at(-1);
  // Differences −169 and −423 ms: −295.8 ± 1617.0.
  const noisy = step(
    [
      [1, 499.1],
      [2, 751.9],
    ],
    [
      [1, 330.6],
      [2, 328.8],
    ],
  );
  expect(noisy).toBe(
    'A training step took 625.5 ms without and 329.7 ms with CoTo (step time (mean)): no clear difference.',
  );
  expect(step([[1, 600]], [[1, 300]])).toMatch(/: not enough seeds to tell\.$/);
  // −200, −198 and −202 ms: −200 ± 5.0.
  expect(
    step(
      [
        [1, 500],
        [2, 502],
        [3, 498],
      ],
      [
        [1, 300],
        [2, 304],
        [3, 296],
      ],
    ),
  ).toMatch(/: 40\.0% less\.$/);
});

test('an interval that excludes zero is named with its direction, also against CoTo', () => {
  const clear = (label: string, gain: number, better: 'higher' | 'lower'): TableRow =>
    row({
      id: label,
      label,
      better,
      lora: cell([
        [1, 0.5],
        [2, 0.6],
        [3, 0.7],
      ]),
      coto: cell([
        [1, 0.5 + gain],
        [2, 0.6 + gain],
        [3, 0.7 + gain + 1e-4],
      ]),
    });
  const sentences = conclusions([clear('Up', 0.1, 'higher'), clear('Down', 0.1, 'lower')], null, sides);
  expect(sentences[0]).toContain('DoRA + CoTo is clearly better in 1 of 2 metrics, DoRA in 1.');
  expect(sentences[1]).toBe(
    'The 95% interval of the difference excludes zero in favor of CoTo in Up; against CoTo in Down. Of 2 intervals, about 0.1 would exclude zero by chance alone.',
  );
});
