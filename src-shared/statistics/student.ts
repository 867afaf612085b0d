/**
 * Student's t for the intervals of a handful of seeds. Pure functions; nothing here knows what is measured.
 */
import { bisect, normalDistribution, regularizedBeta } from './special-functions.ts';

export function mean(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation with n − 1 in the denominator; NaN for fewer than two values. */
export function sampleStandardDeviation(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

export interface MeanInterval {
  readonly n: number;
  readonly mean: number;
  /**
   * Half the width of the 95 % interval, t(0.975, n − 1) · s / √n. null for a single value and for equal values:
   * scores on a few hundred examples often coincide, and an interval of zero width would claim a certainty that was
   * not measured.
   */
  readonly halfWidth: number | null;
}

/** Mean of `values` and its two-sided 95 % Student interval (same unit as the values). */
export function meanInterval(values: readonly number[]): MeanInterval {
  const n = values.length;
  if (n < 2 || !isSpread(values)) return { n, mean: mean(values), halfWidth: null };
  const halfWidth = (intervalQuantile(n - 1) * sampleStandardDeviation(values)) / Math.sqrt(n);
  return { n, mean: mean(values), halfWidth };
}

/**
 * Spread that a figure draws around the mean of `values`: the 95 % interval from three values on; for two their
 * range, since Student's interval of two is 12.7 standard errors to each side and would hide the two points. null if
 * nothing can be drawn.
 */
export function drawnSpread(values: readonly number[]): { mean: number; halfWidth: number | null } {
  const { n, mean: centre, halfWidth } = meanInterval(values);
  if (n !== 2 || halfWidth === null) return { mean: centre, halfWidth };
  return { mean: centre, halfWidth: (Math.max(...values) - Math.min(...values)) / 2 };
}

function isSpread(values: readonly number[]): boolean {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return !(high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high)));
}

/**
 * Mean and 95 % interval of the paired differences treatment[i] − control[i]; pairs share a seed, so its effect
 * cancels. Throws RangeError if the lengths differ.
 */
export function pairedDifference(treatment: readonly number[], control: readonly number[]): MeanInterval {
  if (treatment.length !== control.length)
    throw new RangeError(`Paired values must have equal lengths, got ${treatment.length} and ${control.length}.`);
  return meanInterval(treatment.map((value, index) => value - (control[index] ?? Number.NaN)));
}

const intervalQuantiles = new Map<number, number>();

/** t(0.975, degrees), found once: every point of a curve over seeds asks for the same, and each search takes 0.1 ms. */
function intervalQuantile(degrees: number): number {
  const known = intervalQuantiles.get(degrees) ?? studentQuantile(0.975, degrees);
  intervalQuantiles.set(degrees, known);
  return known;
}

/** Quantile of Student's t with `degrees` degrees of freedom at `probability` (0 < p < 1). */
export function studentQuantile(probability: number, degrees: number): number {
  if (!(probability > 0 && probability < 1) || !(degrees > 0))
    throw new RangeError(`No Student quantile for p = ${probability} and ${degrees} degrees of freedom.`);
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -studentQuantile(1 - probability, degrees);
  let high = 1;
  while (studentDistribution(high, degrees) < probability) high *= 2;
  return bisect((t) => studentDistribution(t, degrees) - probability, 0, high);
}

/** P(|T| ≥ |t|) of Student's t with `degrees` degrees of freedom. */
export function studentTwoSidedP(t: number, degrees: number): number {
  return regularizedBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** P(T ≤ t): for t ≥ 0, 1 − I(ν / (ν + t²); ν/2, 1/2) / 2 with the regularized incomplete beta function I. */
export function studentDistribution(t: number, degrees: number): number {
  if (t < 0) return 1 - studentDistribution(-t, degrees);
  return 1 - studentTwoSidedP(t, degrees) / 2;
}

/**
 * P(T ≤ t) of the noncentral t distribution with `degrees` degrees of freedom and the given noncentrality: algorithm
 * AS 243 (Lenth 1989), to about 12 digits for noncentralities up to 30.
 */
export function noncentralStudentDistribution(t: number, degrees: number, noncentrality: number): number {
  if (t < 0) return 1 - noncentralStudentDistribution(-t, degrees, -noncentrality);
  const x = (t * t) / (t * t + degrees);
  const half = (noncentrality * noncentrality) / 2;
  // Weights of the terms: those of a Poisson distribution with mean δ²/2, and the same at half-integers.
  let even = Math.exp(-half) / 2;
  let odd = (Math.sqrt(2 / Math.PI) * noncentrality * Math.exp(-half)) / 2;
  let sum = normalDistribution(-noncentrality);
  for (let j = 0; j < 5000; j++) {
    sum += even * regularizedBeta(x, j + 0.5, degrees / 2) + odd * regularizedBeta(x, j + 1, degrees / 2);
    even *= half / (j + 1);
    odd *= half / (j + 1.5);
    if (j > half && even + Math.abs(odd) < 1e-16) break;
  }
  return Math.min(1, Math.max(0, sum));
}
