import { RandomStream } from '../random.ts';

/** Up to this many pairs every one of the 2ⁿ sign patterns is counted. */
const exactPairs = 20;

export interface PermutationResult {
  /** Two-sided. */
  readonly p: number;
  /** The smallest p that as many pairs can give: with few, no difference however large is significant. */
  readonly smallest: number;
  readonly exact: boolean;
}

/**
 * Two-sided sign-flip test of paired differences: the share of sign patterns whose sum is at least as far from zero as
 * that observed, if without a difference each sign is as likely as the other. All 2ⁿ patterns up to 20 pairs; beyond,
 * `resamples` random ones, with the observed pattern counted among them (Phipson and Smyth 2010). NaN for no pairs.
 */
export function signFlipTest(
  differences: readonly number[],
  { resamples = 10_000, seed = 0 }: { readonly resamples?: number; readonly seed?: number } = {},
): PermutationResult {
  const pairs = differences.length;
  if (pairs === 0) return { p: Number.NaN, smallest: Number.NaN, exact: true };
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const magnitude = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  // Sums that are equal but for their rounding count as equal.
  const threshold = observed - 1e-12 * magnitude;
  if (pairs <= exactPairs) {
    const count = 2 ** pairs;
    return { p: countFlips(differences, threshold) / count, smallest: Math.min(1, 2 / count), exact: true };
  }
  const random = RandomStream.named(seed, 'study', 'sign-flip');
  let extreme = 0;
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let pair = 0; pair < pairs; pair++)
      sum += random.uniform() < 0.5 ? (differences[pair] ?? 0) : -(differences[pair] ?? 0);
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return { p: (extreme + 1) / (resamples + 1), smallest: 1 / (resamples + 1), exact: false };
}

/** Sign patterns whose sum is at least `threshold` from zero; each differs from the one before in one sign (Gray code). */
function countFlips(differences: readonly number[], threshold: number): number {
  const values = Float64Array.from(differences);
  const signs = new Int8Array(values.length).fill(1);
  let sum = values.reduce((total, value) => total + value, 0);
  let extreme = Math.abs(sum) >= threshold ? 1 : 0;
  for (let pattern = 1; pattern < 2 ** values.length; pattern++) {
    const flipped = 31 - Math.clz32(pattern & -pattern);
    const sign = -(signs[flipped] ?? 1);
    signs[flipped] = sign;
    sum += 2 * sign * (values[flipped] ?? 0);
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return extreme;
}
