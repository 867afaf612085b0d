import { expect, test } from 'vitest';
import { TokenProbabilities } from '../../../src-main/engine/generation/token-probabilities.ts';

// exp: 1, 3, 4, 2, 0; their sum is 10.
const scores = Float32Array.from([0, Math.log(3), Math.log(4), Math.log(2), Number.NEGATIVE_INFINITY]);

test('are logarithms of the shares of a softmax', () => {
  const probabilities = new TokenProbabilities(scores);
  for (const [id, share] of [0.1, 0.3, 0.4, 0.2].entries())
    expect(probabilities.of(id)).toBeCloseTo(Math.log(share), 6);
  expect(probabilities.of(4)).toBe(Number.NEGATIVE_INFINITY);
});

test('list the likeliest tokens in order, the first of equals first', () => {
  expect(new TokenProbabilities(scores).top(3).map(({ id }) => id)).toEqual([2, 1, 3]);
  expect(new TokenProbabilities(scores).top(9)).toHaveLength(5);
  expect(new TokenProbabilities(scores).top(0)).toEqual([]);
  expect(new TokenProbabilities(new Float32Array([1, 2, 2, 2])).top(2).map(({ id }) => id)).toEqual([1, 2]);
});

test('stay when a sampler changes the scores in place, and when all are large', () => {
  const own = Float32Array.from([1000, 1000]);
  const probabilities = new TokenProbabilities(own);
  own.fill(0);
  expect(probabilities.of(0)).toBeCloseTo(Math.log(0.5), 6);
});
