import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatFixed,
  formatNumber,
  formatPercent,
  formatShortCount,
  formatSigned,
  plural,
} from '../../../src-shared/format/numbers.ts';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [1.23456, '1.23'],
    [0.0012345, '0.00123'],
    [12.3456, '12.3'],
    [123.456, '123'],
    [1234.4, '1,234'],
    [-0.5, '−0.500'],
    [0.0003, '3e−4'],
    [12_345_678, '1.23e7'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('writes %s as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('writes a dash where there is no number', () => {
    expect(formatNumber(null)).toBe('–');
    expect(formatCount(undefined)).toBe('–');
    expect(formatPercent(null)).toBe('–');
  });
});

describe('formatPercent', () => {
  it.each([
    [0.7634, '76.3'],
    [0.0512, '5.12'],
    [1, '100'],
    [0.9999, '100'],
    [0.999, '99.9'],
    [-0.02, '−2.00'],
    [-0.00001, '0.00'],
  ])('writes the share %s as %s', (share, text) => {
    expect(formatPercent(share)).toBe(text);
  });
});

it.each([
  [-2, 2, '−2.00', '−2.00'],
  [0.126, 2, '0.13', '+0.13'],
  [-0.001, 2, '0.00', '0.00'],
  [0.001, 2, '0.00', '0.00'],
] as const)('writes %s with %i decimals as %s, as a difference %s', (value, digits, text, difference) => {
  expect(formatFixed(value, digits)).toBe(text);
  expect(formatSigned(value, digits)).toBe(difference);
});

it('sets thousands apart by commas', () => {
  expect(formatCount(1_640_645)).toBe('1,640,645');
  expect(formatCount(-1200)).toBe('−1,200');
  expect(plural(1200, 'run')).toBe('1,200 runs');
});

it('puts a noun in the plural', () => {
  expect(plural(1, 'run')).toBe('1 run');
  expect(plural(0, 'run')).toBe('0 runs');
  expect(plural(2, 'study', 'studies')).toBe('2 studies');
});

describe('formatCount', () => {
  it.each([0, 7, 999, 1000, -1_234_567, 1_640_645, 2 ** 53, Number.POSITIVE_INFINITY])(
    'sets the thousands of %s apart as the browser does',
    (count) => {
      expect(formatCount(count)).toBe(count.toLocaleString('en-US').replace('-', '−'));
    },
  );
});

it.each([
  [999, '999'],
  [1_640_645, '1.64M'],
  [999_700, '1M'],
  [1_235_814_400, '1.24B'],
  [8_030_261_248, '8.03B'],
])('%i parameters are %s', (count, text) => {
  expect(formatShortCount(count)).toBe(text);
});
