import { expect, it } from 'vitest';
import { lengthFigure } from '../../../../src-renderer/features/data/length-figure.ts';
import { repetitions } from '../../../../src-renderer/features/data/text-summary.ts';
import { binLengths, summarizeLengths, visibleToken } from '../../../../src-renderer/features/data/tokens.ts';
import { noColumns } from '../../../../src-shared/domain/data/dataset.ts';

it('makes white space in a token visible', () => {
  expect(visibleToken(' the\n\t')).toBe('·the↵⇥');
});

it('counts lengths in bars of a round width, none left out', () => {
  expect(binLengths([0, 1, 1, 3])).toEqual({ width: 1, counts: [1, 2, 0, 1] });
  const { width, counts } = binLengths([1, 399, 400, 1999]);
  expect(width).toBe(50);
  expect(counts).toHaveLength(40);
  expect([counts[0], counts[7], counts[8], counts[39]]).toEqual([1, 1, 1, 1]);
  const huge = binLengths([5, 90_000_000]);
  expect(huge.counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(huge.counts.length).toBeLessThanOrEqual(41);
});

it('says by which length most examples are whole', () => {
  const lengths = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(summarizeLengths(lengths)).toEqual({ median: 50, most95: 95, longest: 100 });
  expect(summarizeLengths([])).toBeNull();
  const { caption, data } = lengthFigure({ lengths, modelName: 'a<b>', maxPositions: 64 }, { dark: false });
  expect(caption).toContain('median 50 · p95 95 · max 100 tokens. max_length 64 truncates 36.');
  const asked = { lengths: lengths.map((length) => 4 * length), modelName: 'a', maxPositions: 512, isInWindows: true };
  expect(lengthFigure(asked, { dark: false }).caption).toContain('4 texts longer than 384 tokens (max_seq_length) are');
  expect(data[0]).toMatchObject({ type: 'bar', width: expect.any(Number) });
});

it('tells only the repetitions that there are', () => {
  const duplicates = {
    comparedRows: 9,
    withinTrain: 0,
    withinTest: 2,
    across: 1,
    nearComparedRows: 9,
    nearAcross: 0,
  };
  const found = repetitions({
    shape: 'columns',
    columnNames: [],
    columns: noColumns,
    labelKind: 'none',
    splitRule: '',
    rowCount: 9,
    faultyRows: 0,
    duplicates,
  });
  expect(found.map(({ count, what }) => `${count} ${what}`)).toEqual(['2 Duplicates in test', '1 Train/test leakage']);
});
