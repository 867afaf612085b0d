import { keepLargestMagnitudes } from '../tensors/largest-magnitudes.ts';
import type { Draws } from './merge-method.ts';

/** What one adapter changes: the entries of ΔW, or of a factor. */
export interface TaskVector {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> & Iterable<number>;
}

/** Zeroes entries of a copy, in place. `draws` is a stream of its own for each vector. */
export type Sparsify = (values: Float32Array, shape: readonly number[], draws: () => Draws) => void;

/**
 * How task vectors become one: sparsify × rescale × consensus × normalize. TIES, DARE, DELLA and breadcrumbs are choices among
 * these.
 */
export interface TaskVectorSteps {
  /** Left out: every entry stays. */
  readonly sparsify?: Sparsify;
  /** What makes up for dropped entries: a factor, or the one that restores the sum of magnitudes. Left out: nothing does. */
  readonly rescale?: number | 'l1';
  /**
   * Entries against the elected sign have no part. It is the sign of the sum (`total`) or of the sum of signs (`frequency`), of
   * the vectors as they are (PEFT) or times their weights (mergekit); + where it is zero. Left out: all entries are summed.
   */
  readonly consensus?: { readonly by: 'total' | 'frequency'; readonly weighted: boolean };
  /** What the sum is divided by: how many entries have a part in it (PEFT), or their weights (mergekit). Left out: nothing. */
  readonly normalize?: 'count' | 'weight';
}

/**
 * Σ wᵢ·vᵢ of vectors of one shape, each sparsified and rescaled before, over the entries that agree in sign, divided as
 * `normalize` says. Summed in double precision, rounded once.
 *
 * @param drawsOf the stream of a vector by its place.
 * @param allocate memory for the result, of whatever content.
 */
export function mergeTaskVectors(
  vectors: readonly TaskVector[],
  weights: readonly number[],
  steps: TaskVectorSteps,
  drawsOf: (place: number) => Draws,
  allocate: (length: number) => Float32Array,
): Float32Array {
  const prepared = vectors.map((vector, place) => prepare(vector, steps, () => drawsOf(place)));
  const length = prepared[0]?.length ?? 0;
  const merged = allocate(length);
  const { consensus, normalize } = steps;
  for (let at = 0; at < length; at++) {
    const sign = consensus ? electedSign(prepared, weights, at, consensus) : 0;
    let sum = 0;
    let divisor = 0;
    for (let place = 0; place < prepared.length; place++) {
      const value = prepared[place]?.[at] ?? 0;
      const weight = weights[place] ?? 0;
      const voted = consensus?.weighted ? value * weight : value;
      if (consensus && Math.sign(voted) !== sign) continue;
      sum += weight * value;
      divisor += normalize === 'weight' ? weight : 1;
    }
    if (!normalize || Math.abs(divisor) < 1e-8) divisor = 1;
    merged[at] = sum / divisor;
  }
  return merged;
}

function prepare(vector: TaskVector, { sparsify, rescale }: TaskVectorSteps, draws: () => Draws): Float32Array {
  const values = Float32Array.from(vector.data);
  const before = rescale === 'l1' ? magnitudeSum(values) : 0;
  sparsify?.(values, vector.shape, draws);
  if (rescale === undefined) return values;
  const after = rescale === 'l1' ? magnitudeSum(values) : 1;
  const factor = rescale === 'l1' ? (after === 0 ? 1 : before / after) : rescale;
  for (let at = 0; at < values.length; at++) values[at] = factor * (values[at] ?? 0);
  return values;
}

function electedSign(
  vectors: readonly Float32Array[],
  weights: readonly number[],
  at: number,
  { by, weighted }: NonNullable<TaskVectorSteps['consensus']>,
): 1 | -1 {
  let total = 0;
  for (let place = 0; place < vectors.length; place++) {
    const value = (vectors[place]?.[at] ?? 0) * (weighted ? (weights[place] ?? 0) : 1);
    total += by === 'total' ? value : Math.sign(value);
  }
  return total >= 0 ? 1 : -1;
}

function magnitudeSum(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += Math.abs(value);
  return sum;
}

/** Keeps ⌊density · n⌋ entries of n, those of largest magnitude. */
export function keepLargest(density: number): Sparsify {
  return (values) => keepLargestMagnitudes(values, Math.trunc(density * values.length));
}

/** Keeps each entry with the probability `density`. */
export function keepAtRandom(density: number): Sparsify {
  return (values, _shape, draws) => {
    const stream = draws();
    for (let at = 0; at < values.length; at++) if (stream.uniform() >= density) values[at] = 0;
  };
}
