import { studentQuantile } from './student.ts';

/** A mean over blocks of examples with half the width of its 95 % interval, in the values' unit. */
export interface BlockMean {
  readonly mean: number;
  /** Null for a single block, and where all blocks agree: an interval of zero width would claim too much. */
  readonly halfWidth: number | null;
}

/**
 * The mean over examples that come in blocks, and its interval by the spread of the blocks' means: Student's t with one
 * degree of freedom less than blocks, of the ratio estimator (Cochran 1977, section 6.4), which for blocks of equal
 * weight is the plain interval of the mean. Whatever is linear in a mean over examples has such an interval.
 * @param weights examples, or tokens, of each block
 */
export function blockMean(values: readonly number[], weights: readonly number[]): BlockMean {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = values.reduce((sum, value, block) => sum + (weights[block] ?? 0) * value, 0) / total;
  const blocks = values.length;
  const squares = values.reduce((sum, value, block) => sum + ((weights[block] ?? 0) * (value - mean)) ** 2, 0);
  const error = Math.sqrt((blocks / (blocks - 1)) * squares) / total;
  const scale = Math.max(...values.map(Math.abs));
  if (blocks < 2 || !(error > 1e-12 * scale)) return { mean, halfWidth: null };
  return { mean, halfWidth: studentQuantile(0.975, blocks - 1) * error };
}
