import { expect, test } from 'vitest';
import { clarityOf, differenceWords } from '../../../src-shared/results/difference-clarity.ts';

const words = (difference: Parameters<typeof differenceWords>[0]) =>
  differenceWords(difference, (size) => size.toFixed(1), 'points');

test('a difference is clear where its interval excludes zero, and words say so', () => {
  expect(words({ n: 3, mean: 2, halfWidth: 0.4 })).toBe('2.0 points higher (95% CI ±0.4)');
  expect(words({ n: 3, mean: -2, halfWidth: 0.4 })).toBe('2.0 points lower (95% CI ±0.4)');
});

test('a difference inside its interval is never stated as a result', () => {
  expect(words({ n: 2, mean: 0.2, halfWidth: 6.4 })).toBe('0.2 points higher (95% CI ±6.4): no clear difference');
  expect(words({ n: 2, mean: -0.01, halfWidth: 4.2 })).toBe('the same (95% CI ±4.2): no clear difference');
});

test('a difference without an interval has no words of its own', () => {
  expect(words({ n: 1, mean: 3, halfWidth: null })).toBeNull();
  expect(clarityOf({ n: 2, mean: 3, halfWidth: null })).toBe('unknown');
});

test('the interval over seeds and examples decides where there is one', () => {
  const over = 'seeds and examples' as const;
  expect(clarityOf({ n: 3, mean: 2, halfWidth: 0.4, bootstrap: { low: -0.1, high: 4, over } })).toBe('unclear');
  expect(words({ n: 3, mean: -2, halfWidth: null, bootstrap: { low: -4, high: -0.5, over } })).toBe(
    '2.0 points lower (95% CI −4.0 to −0.5)',
  );
});
