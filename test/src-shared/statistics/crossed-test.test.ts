import { expect, test } from 'vitest';
import { RandomStream } from '../../../src-shared/random.ts';
import { NestedBootstrap } from '../../../src-shared/statistics/bootstrap.ts';
import { crossedTest, seedTest } from '../../../src-shared/statistics/crossed-test.ts';
import { outcomeTable } from '../../../src-shared/statistics/outcome-table.ts';

interface Truth {
  readonly seeds: number;
  readonly examples: number;
  /** Standard deviation of each arm's true accuracy between seeds. */
  readonly deviations: readonly [number, number];
}

/** Accuracies of two arms of equal mean on the same seeds and examples; some examples are harder for both, some for one. */
function pairedDifferences({ seeds, examples, deviations }: Truth, random: RandomStream): Float64Array[] {
  const [level, favor] = [0, 1].map(() => Float64Array.from({ length: examples }, () => 0.15 * random.normal()));
  return Array.from({ length: seeds }, () => {
    const shifts = deviations.map((deviation) => deviation * random.normal());
    return Float64Array.from({ length: examples }, (_, example) => {
      const right = [1, -1].map((side, arm) => {
        const own = 0.6 + (level?.[example] ?? 0) + (side / 2) * (favor?.[example] ?? 0) + (shifts[arm] ?? 0);
        return random.uniform() < own ? 1 : 0;
      });
      return (right[0] ?? 0) - (right[1] ?? 0);
    });
  });
}

/** Share of studies without a true difference whose p is below 0.05. */
function sizeOf(truth: Truth, studies: number): number {
  let rejected = 0;
  for (let study = 0; study < studies; study++) {
    const rows = pairedDifferences(truth, RandomStream.numbered(11, 'study', study));
    if ((crossedTest(outcomeTable(rows))?.p ?? 1) < 0.05) rejected++;
  }
  return rejected / studies;
}

test('the t of a mean over seeds and examples, worked by hand', () => {
  // Differences of two seeds on two examples: mean 3.5, variance 10.25 (bootstrap.test.ts), so t = 1.0932.
  const found = crossedTest(
    outcomeTable([
      [0, 1],
      [4, 9],
    ]),
  );
  expect(found?.over).toBe('seeds and examples');
  expect(found?.degrees).toBeCloseTo(10.25 ** 2 / (81 + 2.25 ** 2 + 1), 12);
  // Differences 3, 2 and 4 points over seeds: t = 3 / (1 / √3), two-sided p with 2 degrees = 1 − t / √(t² + 2).
  const t = 3 * Math.sqrt(3);
  expect(seedTest([0.03, 0.02, 0.04])).toMatchObject({ degrees: 2, over: 'seeds' });
  expect(seedTest([0.03, 0.02, 0.04])?.p).toBeCloseTo(1 - t / Math.sqrt(t * t + 2), 9);
  expect(seedTest([0.03])).toBeNull();
  expect(crossedTest(outcomeTable([[1, 1]]))).toBeNull();
});

test('rejects a difference of 0 in 5 ± 1 of 100 studies, whatever varies most', () => {
  const cases: Truth[] = [
    { seeds: 6, examples: 60, deviations: [0.005, 0.005] },
    { seeds: 6, examples: 60, deviations: [0.05, 0.05] },
    // Pruned adapters: one side varies four times as much.
    { seeds: 6, examples: 60, deviations: [0.04, 0.01] },
    { seeds: 3, examples: 60, deviations: [0.04, 0.01] },
  ];
  for (const truth of cases) {
    const size = sizeOf(truth, 2000);
    expect(size, JSON.stringify(truth)).toBeGreaterThanOrEqual(0.04);
    expect(size, JSON.stringify(truth)).toBeLessThanOrEqual(0.06);
  }
});

test('is below 0.05 nearly always where the nested interval excludes 0, and seldom elsewhere', () => {
  let [both, other, onlyInterval] = [0, 0, 0];
  for (let study = 0; study < 200; study++) {
    const random = RandomStream.numbered(12, 'study', study);
    const rows = pairedDifferences({ seeds: 6, examples: 100, deviations: [0.05, 0.05] }, random);
    const table = outcomeTable(rows.map((row) => row.map((value) => value + 0.08)));
    const zeros = { ...table, values: table.values.map(() => 0) };
    const { low, high } = new NestedBootstrap([table, zeros], { resamples: 400, seed: study }).difference(0, 1);
    const isSmall = (crossedTest(table)?.p ?? 1) < 0.05;
    if (low > 0 || high < 0) isSmall ? both++ : onlyInterval++;
    else if (isSmall) other++;
  }
  expect(both).toBeGreaterThan(20);
  expect(onlyInterval).toBeLessThan(8);
  expect(other).toBeLessThan(20);
});
