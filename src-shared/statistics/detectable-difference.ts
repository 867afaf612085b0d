import { bisect } from './special-functions.ts';
import { noncentralStudentDistribution, studentQuantile } from './student.ts';

/**
 * Assumptions about a paired accuracy difference before any measurement. Defaults are those of small classifiers
 * fine-tuned by LoRA; a forecast estimates the deviation between seeds for each score.
 */
export interface DifferenceAssumptions {
  /** Share of test examples that exactly one of the two sides gets right, of one seed. */
  readonly discordance: number;
  /** Share of that discordance that is the same examples on every seed. */
  readonly shared: number;
  /** Standard deviation, between seeds, of the true paired difference: what more test examples would not remove. */
  readonly seedDeviation: number;
}

export const usualAssumptions: DifferenceAssumptions = { discordance: 0.1, shared: 0.5, seedDeviation: 0.01 };

/** Variance that as many test examples add to the difference of one seed, beyond what all seeds share. */
export function interactionVariance(examples: number, { discordance, shared } = usualAssumptions): number {
  return (discordance * (1 - shared)) / Math.max(1, examples);
}

export interface DetectableDifference {
  /** Difference in accuracy, in [0, 1], that is found with `power` at the 5 % level, two-sided; more than 1: none. */
  readonly difference: number;
  readonly standardError: number;
  readonly degrees: number;
  /** A single seed says nothing about others: the difference then holds for these two adapters only. */
  readonly over: 'seeds and examples' | 'examples';
}

/**
 * Smallest true difference in accuracy between two cells that a study of paired seeds and shared test examples finds
 * with probability `power` (0.8) at α = 0.05, two-sided. The difference of one seed and example is −1, 0 or 1; for a
 * small mean its variance is the discordance δ, of which δ · shared belongs to the example and the rest to the pair:
 *
 *   variance of the mean = seedDeviation² / seeds + δ · shared / examples + δ · (1 − shared) / (seeds · examples)
 *
 * tested by Student's t with Satterthwaite's degrees of freedom, its power by the noncentral t distribution.
 * @throws RangeError without a seed or an example
 */
export function detectableDifference(
  { seeds, examples }: { readonly seeds: number; readonly examples: number },
  assumptions: DifferenceAssumptions = usualAssumptions,
  power = 0.8,
): DetectableDifference {
  if (!(seeds >= 1 && examples >= 1)) throw new RangeError(`${seeds} seeds and ${examples} examples decide nothing.`);
  const { discordance, shared, seedDeviation } = assumptions;
  const rest = interactionVariance(examples, assumptions) / seeds;
  const ofExamples = (discordance * shared) / examples;
  if (seeds === 1) {
    const standardError = Math.sqrt(ofExamples + rest);
    const degrees = Math.max(1, examples - 1);
    return { difference: detectableShift(degrees, power) * standardError, standardError, degrees, over: 'examples' };
  }
  const ofSeeds = seedDeviation ** 2 / seeds;
  const total = ofSeeds + ofExamples + rest;
  // Expected mean squares of the crossed layout, as shares of the variance of the mean.
  const uncertainty =
    (ofSeeds + rest) ** 2 / (seeds - 1) +
    (ofExamples + rest) ** 2 / Math.max(1, examples - 1) +
    rest ** 2 / Math.max(1, (seeds - 1) * (examples - 1));
  const degrees = Math.max(seeds - 1, total ** 2 / uncertainty);
  const standardError = Math.sqrt(total);
  const difference = detectableShift(degrees, power) * standardError;
  return { difference, standardError, degrees, over: 'seeds and examples' };
}

/**
 * Smallest mean difference that a paired t test over `seeds` finds, in standard deviations of the differences between
 * seeds: for metrics without outcomes of single examples. Infinity for fewer than two seeds.
 */
export function detectableStandardizedDifference(seeds: number, power = 0.8): number {
  if (seeds < 2) return Number.POSITIVE_INFINITY;
  return detectableShift(seeds - 1, power) / Math.sqrt(seeds);
}

/** Shift in standard errors at which a two-sided t test at α = 0.05 with these degrees of freedom has this power. */
export function detectableShift(degrees: number, power: number): number {
  const critical = studentQuantile(0.975, degrees);
  const powerAt = (shift: number) =>
    1 -
    noncentralStudentDistribution(critical, degrees, shift) +
    noncentralStudentDistribution(-critical, degrees, shift);
  return bisect((shift) => powerAt(shift) - power, 0, 4 * critical + 4);
}
