import { type MeanInterval, studentDistribution, studentQuantile } from './student.ts';

/**
 * Two one-sided tests (Schuirmann 1987) of a paired difference: p of the hypothesis that the true mean lies outside
 * −margin … +margin. Below 0.05 the 90 % interval of the mean is within the margin: the difference is shown to be small, where a
 * large p of a test of zero only fails to show one. Null without an interval.
 */
export function equivalenceTest({ n, mean, halfWidth }: MeanInterval, margin: number): number | null {
  if (halfWidth === null || n < 2) return null;
  const error = halfWidth / studentQuantile(0.975, n - 1);
  const above = 1 - studentDistribution((mean + margin) / error, n - 1);
  const below = 1 - studentDistribution((margin - mean) / error, n - 1);
  return Math.max(above, below);
}
