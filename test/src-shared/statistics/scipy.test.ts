import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { bcaInterval, percentileInterval } from '../../../src-shared/statistics/bootstrap.ts';
import { detectableShift } from '../../../src-shared/statistics/detectable-difference.ts';
import { signFlipTest } from '../../../src-shared/statistics/permutation-test.ts';
import { kendall, ranks, spearman } from '../../../src-shared/statistics/rank-correlation.ts';
import { normalDistribution, normalQuantile } from '../../../src-shared/statistics/special-functions.ts';
import { noncentralStudentDistribution } from '../../../src-shared/statistics/student.ts';

const tested = z.object({ value: z.number(), p: z.number() });
const flips = z.object({ values: z.array(z.number()), p: z.number() });
const interval = z.tuple([z.number(), z.number()]);
const golden = z
  .object({
    signFlips: z.object({ exact: z.array(flips), monteCarlo: flips }),
    ranks: z.array(z.object({ x: z.array(z.number()), y: z.array(z.number()), spearman: tested, kendall: tested })),
    bootstraps: z.array(
      z.object({
        samples: z.array(z.array(z.number())),
        estimate: z.number(),
        percentile: interval,
        BCa: interval,
        distribution: z.array(z.number()),
      }),
    ),
    distributions: z.object({
      noncentral: z.array(z.object({ t: z.number(), degrees: z.number(), noncentrality: z.number(), p: z.number() })),
      normal: z.array(z.object({ x: z.number(), p: z.number() })),
      quantiles: z.array(z.object({ x: z.number(), p: z.number() })),
    }),
    powers: z.array(z.object({ degrees: z.number(), power: z.number(), shift: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL('../../golden/statistics/scipy.json', import.meta.url), 'utf8')));

test('distributions and quantiles are those of scipy', () => {
  const { noncentral, normal, quantiles } = golden.distributions;
  for (const { t, degrees, noncentrality, p } of noncentral)
    expect(noncentralStudentDistribution(t, degrees, noncentrality)).toBeCloseTo(p, 10);
  for (const { x, p } of normal) expect(normalDistribution(x)).toBeCloseTo(p, 14);
  for (const { x, p } of quantiles) expect(normalQuantile(p)).toBeCloseTo(x, 8);
  for (const { degrees, power, shift } of golden.powers) expect(detectableShift(degrees, power)).toBeCloseTo(shift, 7);
});

test('the sign-flip test counts every pattern of up to 20 pairs, and draws patterns of more', () => {
  for (const { values, p } of golden.signFlips.exact) {
    const found = signFlipTest(values);
    expect(found.exact).toBe(true);
    expect(found.p).toBeCloseTo(p, 12);
    expect(found.smallest).toBe(2 / 2 ** values.length);
  }
  // All of one sign: only the pattern itself and its mirror image lie as far out.
  expect(signFlipTest([1, 2, 3, 4, 5]).p).toBe(2 / 32);
  expect(signFlipTest([0, 0, 0]).p).toBe(1);
  const { values, p } = golden.signFlips.monteCarlo;
  const drawn = signFlipTest(values, { resamples: 40_000 });
  expect(drawn.exact).toBe(false);
  // Four standard errors of 40,000 draws.
  expect(Math.abs(drawn.p - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 40_000) + 1e-4);
  expect(signFlipTest(values, { resamples: 500 })).toEqual(signFlipTest(values, { resamples: 500 }));
});

test('rank correlations with ties, and their permutation p values', () => {
  expect(ranks([5, 1, 5, 3])).toEqual([3.5, 1, 3.5, 2]);
  for (const { x, y, ...expected } of golden.ranks) {
    for (const [found, { value, p }] of [
      [spearman(x, y), expected.spearman],
      [kendall(x, y), expected.kendall],
    ] as const) {
      expect(found.value).toBeCloseTo(value, 12);
      if (found.exact) expect(found.p).toBeCloseTo(p, 12);
      else expect(Math.abs(found.p - p)).toBeLessThan(0.01);
    }
  }
  expect(golden.ranks.map(({ x }) => x.length)).toEqual([6, 40]);
  expect(spearman([1, 1, 1], [1, 2, 3])).toMatchObject({ n: 3, value: Number.NaN, p: Number.NaN });
  expect(() => kendall([1, 2], [1])).toThrow(RangeError);
});

test('percentile and BCa intervals of given resamples are those of scipy', () => {
  for (const { samples, estimate, distribution, percentile, BCa } of golden.bootstraps) {
    const resamples = Float64Array.from(distribution);
    for (const [found, expected] of [
      [percentileInterval(resamples), percentile],
      [bcaInterval(resamples, estimate, samples), BCa],
    ] as const)
      for (const end of [0, 1] as const) expect(found[end]).toBeCloseTo(expected[end], 8);
  }
});
