/**
 * Student's t for the intervals of a handful of seeds. Pure functions; nothing here knows what is measured.
 */

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
  const halfWidth = (studentQuantile(0.975, n - 1) * sampleStandardDeviation(values)) / Math.sqrt(n);
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

/** Quantile of Student's t with `degrees` degrees of freedom at `probability` (0 < p < 1). */
export function studentQuantile(probability: number, degrees: number): number {
  if (!(probability > 0 && probability < 1) || !(degrees > 0))
    throw new RangeError(`No Student quantile for p = ${probability} and ${degrees} degrees of freedom.`);
  if (probability === 0.5) return 0;
  if (probability < 0.5) return -studentQuantile(1 - probability, degrees);
  let low = 0;
  let high = 1;
  while (studentDistribution(high, degrees) < probability) high *= 2;
  for (let halving = 0; halving < 200 && high - low > 1e-12 * high; halving++) {
    const middle = (low + high) / 2;
    if (studentDistribution(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0: 1 − I(ν / (ν + t²); ν/2, 1/2) / 2 with the regularized incomplete beta function I. */
function studentDistribution(t: number, degrees: number): number {
  return 1 - regularizedBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
}

function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The continued fraction converges fast only on this side of the mean; the other side follows by symmetry.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Continued fraction of the incomplete beta function, evaluated by Lentz's method (DLMF 8.17.22). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1), tiny);
  let value = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d, tiny);
    c = awayFromZero(1 + even / c, tiny);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d, tiny);
    c = awayFromZero(1 + odd / c, tiny);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return value;
}

function awayFromZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Lanczos with g = 7 and nine coefficients: about 15 digits for positive arguments. */
function logGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = coefficients[0] ?? 0;
  for (let index = 1; index < coefficients.length; index++) sum += (coefficients[index] ?? 0) / (x - 1 + index);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
