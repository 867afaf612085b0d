import { expect, test } from 'vitest';
import { RandomStream } from '../../../src-shared/random.ts';
import { NestedBootstrap } from '../../../src-shared/statistics/bootstrap.ts';
import {
  detectableDifference,
  detectableStandardizedDifference,
} from '../../../src-shared/statistics/detectable-difference.ts';
import { meanVariance, type OutcomeTable, outcomeTable } from '../../../src-shared/statistics/outcome-table.ts';
import { pairsOfSeeds, pseudoValues } from '../../../src-shared/statistics/pairs-of-seeds.ts';
import { meanInterval } from '../../../src-shared/statistics/student.ts';

interface Truth {
  readonly seeds: number;
  readonly examples: number;
  readonly difference: number;
  /** Standard deviation of the true difference between seeds. */
  readonly seedDeviation: number;
  readonly discordance: number;
  readonly shared: number;
}

/** Paired differences of one study of two cells: −1, 0 or 1 for each seed and example, plus the seed's own shift. */
function drawn(
  { seeds, examples, difference, seedDeviation, discordance, shared }: Truth,
  trial: number,
): OutcomeTable {
  const random = RandomStream.numbered(3, 'study', trial);
  const sign = (share: number) => {
    const u = random.uniform();
    return u < share / 2 ? 1 : u < share ? -1 : 0;
  };
  const always = Array.from({ length: examples }, () => sign(discordance * shared));
  const rest = (discordance * (1 - shared)) / (1 - discordance * shared);
  return outcomeTable(
    Array.from({ length: seeds }, () => {
      const shift = difference + seedDeviation * random.normal();
      return always.map((one) => (one === 0 ? sign(rest) : one) + shift);
    }),
  );
}

function zeros({ seeds, examples }: OutcomeTable): OutcomeTable {
  return { seeds, examples, values: new Float64Array(seeds * examples), weights: null };
}

test('two seeds of two examples: the percentiles are the extremes of the sixteen draws', () => {
  const table = outcomeTable([
    [0, 1],
    [4, 9],
  ]);
  const { low, high, mean, over } = new NestedBootstrap([table], { resamples: 4000 }).interval(0);
  expect({ mean, over }).toEqual({ mean: 3.5, over: 'seeds and examples' });
  // Seed and example are drawn twice each: 1 of 16 draws is all 0 and 1 all 9, further out than 2.5 % each. The interval
  // reaches beyond them, for two seeds, by one factor on both sides.
  expect((3.5 - low) / (high - 3.5)).toBeCloseTo(3.5 / 5.5, 9);
  expect(high - low).toBeGreaterThan(9);
});

test('the variance of a mean is split as in the two-way layout, by hand', () => {
  // Deviations from the mean 3.5: seeds ∓3, examples ∓1.5, together ±1. Mean squares 36, 9, 4; over 4 outcomes 9, 2.25, 1.
  const found = meanVariance(
    outcomeTable([
      [0, 1],
      [4, 9],
    ]),
  );
  expect(found).toMatchObject({ seeds: 8, examples: 1.25, interaction: 1, total: 10.25 });
  expect(found.degrees).toBeCloseTo(10.25 ** 2 / (81 + 2.25 ** 2 + 1), 12);
});

test('a difference is paired in seeds and examples, and repeats with its seed', () => {
  const random = RandomStream.seeded(1, 'study');
  const control = outcomeTable(
    Array.from({ length: 5 }, () => Array.from({ length: 400 }, () => (random.uniform() < 0.7 ? 1 : 0))),
  );
  const better = { ...control, values: control.values.map((value) => value + 0.03) };
  const bootstrap = new NestedBootstrap([control, better], { seed: 9 });
  const own = bootstrap.interval(0);
  expect(own.high - own.low).toBeGreaterThan(0.02);
  // Each side varies alike, so that nothing of it remains in their difference.
  const { mean, low, high } = bootstrap.difference(1, 0);
  for (const value of [mean, low, high]) expect(value).toBeCloseTo(0.03, 12);
  expect(new NestedBootstrap([control, better], { seed: 9 }).interval(0)).toEqual(own);
  expect(new NestedBootstrap([control, better], { seed: 10 }).interval(0)).not.toEqual(own);
  const [row] = [control.values.slice(0, 400)];
  expect(new NestedBootstrap([outcomeTable([row])]).interval(0).over).toBe('examples');
  expect(() => new NestedBootstrap([control, outcomeTable([row])])).toThrow(/same seeds and examples/);
  expect(() => outcomeTable([[1, 0], [1]])).toThrow(/same examples/);
});

test('95 % intervals hold the truth in about 95 of 100 studies, where those over seeds alone do not', () => {
  const usual = { difference: 0.02, discordance: 0.2, shared: 0.5 };
  const cases: Truth[] = [
    { ...usual, seeds: 3, examples: 150, seedDeviation: 0.04 },
    { ...usual, seeds: 5, examples: 150, seedDeviation: 0.04 },
    { ...usual, seeds: 5, examples: 150, seedDeviation: 0 },
  ];
  const trials = 300;
  const held = cases.map((truth, at) => {
    let [nested, bca, overSeeds] = [0, 0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const table = drawn(truth, trial + trials * at);
      for (const method of ['percentile', 'bca'] as const) {
        const { low, high } = new NestedBootstrap([table], { resamples: 300, seed: trial, method }).interval(0);
        const holds = low <= truth.difference && truth.difference <= high ? 1 : 0;
        if (method === 'bca') bca += holds;
        else nested += holds;
      }
      const rows = Array.from({ length: truth.seeds }, (_, seed) =>
        table.values.subarray(seed * 150, (seed + 1) * 150),
      );
      const { mean, halfWidth } = meanInterval(rows.map((row) => row.reduce((sum, value) => sum + value, 0) / 150));
      if (Math.abs(mean - truth.difference) <= (halfWidth ?? 0)) overSeeds++;
    }
    return { nested: nested / trials, bca: bca / trials, overSeeds: overSeeds / trials };
  });
  for (const { nested, bca } of held) {
    // Three standard errors of 300 studies below 95 %.
    expect(nested).toBeGreaterThan(0.912);
    expect(bca).toBeGreaterThan(0.912);
  }
  // Without a difference between seeds, their interval says nothing of other examples.
  expect(held[2]?.overSeeds).toBeLessThan(0.8);
});

test('the difference that is said to be detectable is found in 80 of 100 studies', () => {
  const assumptions = { discordance: 0.2, shared: 0.5, seedDeviation: 0.015 };
  const size = { seeds: 5, examples: 200 };
  const { difference, degrees } = detectableDifference(size, assumptions);
  // √(0.015² / 5 + 0.1 / 200 + 0.1 / 1000) = 0.0254, and 2.8 to 3.7 times that.
  expect(difference).toBeGreaterThan(2.8 * 0.0254);
  expect(difference).toBeLessThan(3.7 * 0.0254);
  expect(degrees).toBeGreaterThan(4);
  const found = (shift: number) => {
    let count = 0;
    const trials = 400;
    for (let trial = 0; trial < trials; trial++) {
      const table = drawn({ ...size, ...assumptions, difference: shift }, trial);
      const { low, high } = new NestedBootstrap([table, zeros(table)], { resamples: 200, seed: trial }).difference(
        0,
        1,
      );
      if (low > 0 || high < 0) count++;
    }
    return count / trials;
  };
  expect(found(difference)).toBeGreaterThan(0.72);
  expect(found(difference)).toBeLessThan(0.88);
  expect(found(0)).toBeLessThan(0.08);
});

test('more seeds and more examples detect less; one seed holds for itself only', () => {
  const at = (seeds: number, examples: number) => detectableDifference({ seeds, examples });
  expect(at(5, 2000).difference).toBeLessThan(at(3, 2000).difference);
  expect(at(5, 2000).difference).toBeLessThan(at(5, 300).difference);
  expect(at(5, 2000).over).toBe('seeds and examples');
  expect(at(1, 2000).over).toBe('examples');
  expect(() => at(0, 10)).toThrow(RangeError);
  // Cohen's d of a paired t test with five pairs and 80 % power: 1.68.
  expect(detectableStandardizedDifference(5)).toBeCloseTo(1.68, 2);
  expect(detectableStandardizedDifference(1)).toBe(Number.POSITIVE_INFINITY);
});

test('weighted examples count by their weights, in the mean and in its interval', () => {
  // A token-weighted mean: 3 of 4 tokens are right in the first example, none in the second.
  const weighted = outcomeTable([[0.75, 0]], [4, 1]);
  expect(new NestedBootstrap([weighted]).interval(0).mean).toBeCloseTo(3 / 5, 12);
  const random = RandomStream.seeded(2, 'study');
  const weights = Array.from({ length: 300 }, () => 1 + random.integer(9));
  const rows = [0, 1, 2].map(() => weights.map(() => random.uniform()));
  const one = new NestedBootstrap([outcomeTable(rows, weights)], { resamples: 4000 }).interval(0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = rows.flatMap((row) => row.map((value, at) => value * (weights[at] ?? 0))).reduce((a, b) => a + b, 0);
  expect(one.mean).toBeCloseTo(mean / (3 * total), 12);
  // Independent values: the standard error is that of 900 values with an effective number Σw² / (Σw)².
  const squares = weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const error = Math.sqrt((1 / 12) * (squares / total ** 2 / 3));
  expect(one.high - one.low).toBeGreaterThan(1.5 * 1.96 * error);
  expect(one.high - one.low).toBeLessThan(3.6 * 1.96 * error);
});

test('pairs of seeds: pseudo-values have their mean and the variance of the seeds behind them', () => {
  expect(pairsOfSeeds(4)).toEqual([
    [0, 1],
    [0, 2],
    [1, 2],
    [0, 3],
    [1, 3],
    [2, 3],
  ]);
  // Values that are sums of two seeds' own: the pseudo-values are twice each seed's own.
  const own = [1, 4, 10, 3];
  const rows = pairsOfSeeds(4).map(([first, second]) => [(own[first] ?? 0) + (own[second] ?? 0), 5]);
  const found = pseudoValues(rows, 4);
  expect(found.map(([first]) => first)).toEqual(own.map((value) => expect.closeTo(2 * value, 12)));
  expect(found.map((row) => row[1])).toEqual([5, 5, 5, 5].map((value) => expect.closeTo(value, 12)));
  expect(pseudoValues([[7]], 2)).toEqual([Float64Array.from([7])]);
  expect(() => pseudoValues([[7]], 3)).toThrow(RangeError);
});
