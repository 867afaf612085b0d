import { expect, test } from 'vitest';
import { meanWeight, weightFromText, weightText } from '../../../../src-shared/domain/merging/merge.ts';

test.each([
  ['0.5', 0.5],
  ['-1', -1],
  ['1, 0.5, 0', [1, 0.5, 0]],
  ['[1 0.5]', [1, 0.5]],
  ['2,', 2],
  ['', null],
  ['much', null],
  ['1, much', null],
])('the weight %j is %j', (text, weight) => {
  expect(weightFromText(text)).toEqual(weight);
  if (weight !== null) expect(weightFromText(weightText(weight))).toEqual(weight);
});

test('a list counts with its mean outside the layers', () => {
  expect(meanWeight([1, 0, 0.5])).toBe(0.5);
  expect(meanWeight(0.25)).toBe(0.25);
});
