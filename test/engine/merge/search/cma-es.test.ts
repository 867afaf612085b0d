import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CmaEs } from '../../../../src-main/engine/merge/search/cma-es.ts';
import { searchByCma } from '../../../../src-main/engine/merge/search/search-by-cma.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { goldenPath, relativeDifference } from '../../golden.ts';

const numbers = z.array(z.number());
const { cma: trace } = z
  .looseObject({
    cma: z.object({
      dimension: z.number(),
      population: z.number(),
      sigma0: z.number(),
      weights: numbers,
      mu_eff: z.number(),
      c1: z.number(),
      c_mu: z.number(),
      c_sigma: z.number(),
      d_sigma: z.number(),
      c_c: z.number(),
      generations: z.array(
        z.looseObject({
          solutions: z.array(numbers),
          values: numbers,
          mean: numbers,
          sigma: z.number(),
          covariance: z.array(numbers),
          p_sigma: numbers,
          p_c: numbers,
        }),
      ),
    }),
  })
  .parse(JSON.parse(readFileSync(goldenPath('methods', 'lorahub', 'settings.json'), 'utf8')));

test("the constants and every generation are the Python package's (cmaes 0.13.1)", () => {
  const cma = new CmaEs({ mean: Array.from({ length: trace.dimension }, () => 0), sigma: trace.sigma0 });
  expect(cma.population).toBe(trace.population);
  const { weights, muEff, c1, cMu, cSigma, dSigma, cC } = cma.constants;
  expect(relativeDifference(weights, trace.weights)).toBeLessThanOrEqual(1e-12);
  const theirs = [trace.mu_eff, trace.c1, trace.c_mu, trace.c_sigma, trace.d_sigma, trace.c_c];
  expect(relativeDifference([muEff, c1, cMu, cSigma, dSigma, cC], theirs)).toBeLessThanOrEqual(1e-12);
  for (const [index, generation] of trace.generations.entries()) {
    cma.tell(
      generation.solutions.map((point, place) => ({
        point: Float64Array.from(point),
        value: generation.values[place] ?? 0,
      })),
    );
    const deviations = [
      relativeDifference(cma.mean, generation.mean),
      Math.abs(cma.sigma / generation.sigma - 1),
      relativeDifference(cma.covariance.data, generation.covariance.flat()),
      relativeDifference(cma.sigmaPath, generation.p_sigma),
      relativeDifference(cma.covariancePath, generation.p_c),
    ];
    expect(Math.max(...deviations), `generation ${index}`).toBeLessThanOrEqual(1e-6);
  }
});

test('finds the minimum of a stretched, turned bowl, and stays within bounds', async () => {
  const bowl = async ([x = 0, y = 0, z = 0]: Float64Array) => (x - 1) ** 2 + 100 * (x + y) ** 2 + (z - 0.5 * y) ** 2;
  const options = { mean: [0, 0, 0], sigma: 0.5, evaluations: 900, draws: RandomStream.seeded(3, 'merge') };
  const found = await searchByCma(bowl, options);
  expect(found.value).toBeLessThan(1e-10);
  expect(found.point[1]).toBeCloseTo(-1, 4);
  let farthest = 0;
  const watched = async (point: Float64Array) => {
    farthest = Math.max(farthest, ...point.map(Math.abs));
    return bowl(point);
  };
  const bounds = { lower: -0.6, upper: 0.6 };
  const bounded = await searchByCma(watched, { ...options, draws: RandomStream.seeded(3, 'merge'), bounds });
  expect(farthest).toBeLessThanOrEqual(0.6);
  expect(bounded.point[0]).toBeCloseTo(0.6, 3);
});

test('one seed gives one search', async () => {
  const bowl = async (point: Float64Array) => point.reduce((sum, value) => sum + (value - 0.3) ** 2, 0);
  const run = () =>
    searchByCma(bowl, { mean: [0, 0], sigma: 0.3, evaluations: 30, draws: RandomStream.seeded(7, 'merge') });
  expect(await run()).toEqual(await run());
});
