import { meanVariance, type OutcomeTable, withoutWeights } from './outcome-table.ts';
import { mean, meanInterval, studentTwoSidedP } from './student.ts';

/** A two-sided test of a mean difference of 0. */
export interface MeanTest {
  readonly p: number;
  readonly degrees: number;
  /** Draws that the test covers, as those of an interval. */
  readonly over: 'seeds and examples' | 'examples' | 'seeds';
}

/**
 * Two-sided t test of the mean of paired differences in the crossed layout of seeds × examples. The variance of the mean is
 * the unbiased one, mean squares of seeds + examples − both together, with Satterthwaite's degrees of freedom. The nested
 * interval takes a variance that is never smaller, so p can be below 0.05 where the interval just includes 0. Null if
 * nothing varies.
 */
export function crossedTest(table: OutcomeTable): MeanTest | null {
  const plain = withoutWeights(table);
  const { unbiased, unbiasedDegrees: degrees } = meanVariance(plain);
  if (!(unbiased > 0)) return null;
  const t = mean(Array.from(plain.values)) / Math.sqrt(unbiased);
  const over = table.seeds === 1 ? 'examples' : table.examples === 1 ? 'seeds' : 'seeds and examples';
  return { p: studentTwoSidedP(t, degrees), degrees, over };
}

/** The paired t test over seeds, for metrics without outcomes of single examples. Null for one seed or equal differences. */
export function seedTest(differences: readonly number[]): MeanTest | null {
  const { halfWidth } = meanInterval(differences);
  if (halfWidth === null) return null;
  return crossedTest({ seeds: differences.length, examples: 1, values: Float64Array.from(differences), weights: null });
}
