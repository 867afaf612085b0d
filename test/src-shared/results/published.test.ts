import { expect, test } from 'vitest';
import { rowDifference } from '../../../src-shared/results/comparison.ts';
import { comparisonRow } from '../../../src-shared/results/comparison-row.ts';
import { agreementOf, besidePublished, equivalenceText } from '../../../src-shared/results/published.ts';

const row = (id: string, withCoto: readonly number[], without: readonly number[]) =>
  comparisonRow(id, id, 'percent', 'higher', (coto) =>
    (coto ? withCoto : without).map((value, at) => ({ seed: at + 1, value })),
  );

test('a published difference stands beside the measured one of its row', () => {
  const rows = [
    row('pattern/Every other layer', [0.74, 0.75, 0.73], [0.69, 0.68, 0.7]),
    row('grid/magnitude/50 % zeroed', [0.76, 0.77, 0.75], [0.76, 0.76, 0.76]),
    row('pattern/Random layers', [0.7, 0.71], [0.6, 0.61]),
  ];
  const found = besidePublished(rows, rowDifference);
  expect(found.map(({ row: { id }, published, agreement }) => [id, published, agreement])).toEqual([
    ['pattern/Every other layer', 0.0781, 'within the interval'],
    ['grid/magnitude/50 % zeroed', 0.1, 'not seen'],
  ]);
});

test('agreement follows from the interval of the measured difference', () => {
  const measured = { n: 5, mean: 0.03, halfWidth: 0.01 };
  expect(agreementOf(measured, 0.035)).toBe('within the interval');
  expect(agreementOf(measured, 0.08)).toBe('smaller');
  expect(agreementOf(measured, 0.01)).toBe('larger');
  expect(agreementOf(measured, -0.05)).toBe('opposite');
  expect(agreementOf({ n: 5, mean: 0.003, halfWidth: 0.01 }, 0.08)).toBe('not seen');
  expect(agreementOf({ n: 1, mean: 0.03, halfWidth: null }, 0.08)).toBe('no interval');
});

test('a small difference is told apart from one that is not shown', () => {
  const text = (p: number) => p.toFixed(3);
  expect(equivalenceText({ n: 5, mean: 0.001, halfWidth: 0.004 }, text)).toBe('yes, p 0.002');
  expect(equivalenceText({ n: 5, mean: 0.001, halfWidth: 0.03 }, text)).toMatch(/^not shown, p 0\.2/);
  expect(equivalenceText({ n: 1, mean: 0.001, halfWidth: null }, text)).toBe('–');
});
