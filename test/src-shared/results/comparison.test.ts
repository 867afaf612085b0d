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
  expect(sentences[0]).toContain('DoRA + CoTo has the better mean in 10 of 10 metrics, DoRA in 0.');
  // Every other layer gains 10 and 8, low third 10 and 12, half 10 and 8 points: 9 ± 12.7 excludes nothing …
  expect(sentences[1]).toContain("With two paired seeds, no metric's 95 % interval of the difference excludes zero.");
  expect(sentences[1]).toContain('very wide');
  expect(sentences[2]).toMatch(/^Single value per method, no interval: Merged by factors/);
  expect(sentences[3]).toContain('difference of +2.0 points (95 % interval ± 12.7, 2 pairs)');
  expect(sentences[4]).toContain('304.0 ms without and 244.0 ms with CoTo');
  expect(sentences[4]).toContain('19.7 % less, with 66.0 % of the layers on');
  // √(0.72 · 0.28 / 100) = 4.49 points.
  expect(sentences[5]).toContain('standard error of about 4.5 points');
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
  expect(sentences[1]).toContain('All seeds differ by exactly the same');
  expect(sentences[2]).toContain('+0.4 points (two equal pairs of seeds, no interval)');
  expect(sentences.join(' ')).not.toContain('excludes zero');
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
  expect(sentences[0]).toContain('the better mean in 1 of 2 metrics, DoRA in 1');
  expect(sentences[1]).toContain('in favor of CoTo in: Up; against it in: Down');
  expect(sentences[1]).toContain('by chance alone');
});
