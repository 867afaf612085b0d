import { describe, expect, it, test } from 'vitest';
import { rollingWindows } from '../../../src-main/engine/benchmarks/likelihoods.ts';
import { aggregate } from '../../../src-main/engine/benchmarks/metrics/aggregations.ts';
import { rollingMetrics } from '../../../src-main/engine/benchmarks/metrics/rolling-metrics.ts';
import { scoringBatches } from '../../../src-main/engine/tasks/multiple-choice/choice-scores.ts';

describe('windows of a whole text', () => {
  it('have each token once, and the last one has its context filled up, as lm-eval cuts them', () => {
    // get_rolling_token_windows and make_disjoint_window of lm-eval 0.4.13, with ten tokens, four of a window and the prefix 99.
    expect(rollingWindows([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 99, 4)).toEqual([
      { context: [99], continuation: [0, 1, 2, 3] },
      { context: [3], continuation: [4, 5, 6, 7] },
      { context: [5, 6, 7], continuation: [8, 9] },
    ]);
    expect(rollingWindows([7], 99, 4)).toEqual([{ context: [99], continuation: [7] }]);
    expect(rollingWindows([], 99, 4)).toEqual([]);
  });

  it('are scored in batches that bound the tokens', () => {
    const window = (length: number) => ({ prompt: [0], choices: [new Array<number>(length).fill(1)], characters: [] });
    const windows = [window(2048), ...Array.from({ length: 20 }, () => window(2047)), window(40_000), window(3)];
    const made = scoringBatches(windows, 64);
    expect(made.map(({ length }) => length)).toEqual([8, 8, 6, 1]);
    expect(made.flat().toSorted((one, other) => one - other)).toEqual([...windows.keys()]);
    // Short ones as many as ever.
    expect(
      scoringBatches(
        Array.from({ length: 70 }, () => window(20)),
        64,
      ).map(({ length }) => length),
    ).toEqual([64, 6]);
  });

  it('are counted by words and bytes over all texts together', () => {
    const likelihood = { sum: -6, isGreedy: false };
    expect(rollingMetrics['word_perplexity']?.(likelihood, 'two  words')).toEqual([-6, 2]);
    expect(rollingMetrics['bits_per_byte']?.(likelihood, 'é!')).toEqual([-6, 3]);
    const items = [
      [-6, 2],
      [-3, 4],
    ] as const;
    expect(aggregate('weighted_perplexity', items)).toEqual({ value: Math.exp(1.5), stderr: null });
    expect(aggregate('bits_per_byte', items).value).toBeCloseTo(1.5 / Math.LN2, 12);
  });
});

// Right and chosen answers, with what scikit-learn 1.9.1 gives of them.
const [right, taken] = [
  [0, 1, 1, 0, 1, 1, 0, 0],
  [0, 1, 0, 0, 1, 1, 1, 0],
];
const pairs = right.map((one, at) => [one, taken[at] ?? 0] as const);
test.each([
  ['f1', pairs, 0.75],
  ['f1', [[0, 0]] as const, 0],
  ['matthews_corrcoef', pairs, 0.5],
  ['matthews_corrcoef', [...pairs, [2, 2], [2, 0]] as const, 0.5252257314388902],
  ['matthews_corrcoef', [[1, 1]] as const, 0],
] as const)('%s of %j is %d', (aggregation, items, value) => {
  expect(aggregate(aggregation, items).value).toBeCloseTo(value, 12);
});
