import { keepLargestMagnitudes } from '../../tensors/largest-magnitudes.ts';
import type { Draws } from '../merge-method.ts';

/** Entries that are merged at a time: their sums stay in the first-level cache. */
const chunk = 1024;

/** A task vector of one adapter: the entries of ΔW, or of a factor. */
export interface TaskVector {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Zeroes entries of a copy, in place. `draws` is the random stream of this vector, `place` its index. */
export type Sparsify = (values: Float32Array, shape: readonly number[], draws: () => Draws, place: number) => void;

/**
 * Options for merging task vectors: sparsify × rescale × consensus × normalize. TIES, DARE, DELLA and breadcrumbs
 * are combinations of these.
 */
export interface TaskVectorSteps {
  /** Default: every entry stays. */
  readonly sparsify?: Sparsify;
  /** Compensation for dropped entries: a factor, or the one that restores the sum of magnitudes. Default: none. */
  readonly rescale?: number | 'l1';
  /**
   * Entries against the elected sign are dropped. It is the sign of the sum (`total`) or of the sum of signs
   * (`frequency`), of the unweighted (PEFT) or weighted (mergekit) vectors; + if zero. Default: all entries are
   * summed.
   */
  readonly consensus?: { readonly by: 'total' | 'frequency'; readonly weighted: boolean };
  /** Divisor of the sum: the number of contributing entries (PEFT), or their weights (mergekit). Default: none. */
  readonly normalize?: 'count' | 'weight';
}

/**
 * Σ wᵢ·vᵢ of vectors of one shape, each sparsified and rescaled first, over the entries that agree in sign, divided
 * according to `normalize`. Summed in double precision, rounded once.
 *
 * @param drawsOf the random stream of a vector by its index.
 * @param allocate returns memory for the result, uninitialized. Default: new memory.
 */
export function mergeTaskVectors(
  vectors: readonly TaskVector[],
  weights: readonly number[],
  steps: TaskVectorSteps,
  drawsOf: (place: number) => Draws,
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): Float32Array {
  const prepared = vectors.map((vector, place) => prepare(vector, steps, () => drawsOf(place), place));
  const length = prepared[0]?.length ?? 0;
  const merged = allocate(length);
  const sums = new Float64Array(chunk);
  const divisors = new Float64Array(chunk);
  const signs = new Float64Array(chunk);
  for (let start = 0; start < length; start += chunk) {
    const now = Math.min(chunk, length - start);
    if (steps.consensus) electSigns(signs, prepared, weights, start, now, steps.consensus);
    addUp(sums, divisors, steps.consensus ? signs : null, prepared, weights, start, now, steps);
    for (let at = 0; at < now; at++) {
      const divisor = divisors[at] ?? 0;
      const isDivided = steps.normalize !== undefined && Math.abs(divisor) >= 1e-8;
      merged[start + at] = isDivided ? (sums[at] ?? 0) / divisor : (sums[at] ?? 0);
    }
  }
  return merged;
}

/** Σ wᵢ·vᵢ of a chunk, vector by vector, over the entries of the elected signs (null: all), and their divisors. */
function addUp(
  sums: Float64Array,
  divisors: Float64Array,
  signs: Float64Array | null,
  vectors: readonly Float32Array[],
  weights: readonly number[],
  start: number,
  count: number,
  { consensus, normalize }: TaskVectorSteps,
): void {
  sums.fill(0);
  divisors.fill(0);
  for (const [place, values] of vectors.entries()) {
    const weight = weights[place] ?? 0;
    const share = normalize === 'weight' ? weight : 1;
    // A value of the elected sign: its product with the sign is positive. A negative weight turns a weighted vote.
    const turn = consensus?.weighted ? Math.sign(weight) : 1;
    for (let at = 0; at < count; at++) {
      const value = values[start + at] ?? 0;
      if (signs !== null && !(turn * value * (signs[at] ?? 0) > 0)) continue;
      sums[at] = (sums[at] ?? 0) + weight * value;
      divisors[at] = (divisors[at] ?? 0) + share;
    }
  }
}

/** 1 or −1 for each entry of a chunk. */
function electSigns(
  signs: Float64Array,
  vectors: readonly Float32Array[],
  weights: readonly number[],
  start: number,
  count: number,
  { by, weighted }: NonNullable<TaskVectorSteps['consensus']>,
): void {
  signs.fill(0);
  for (const [place, values] of vectors.entries()) {
    const weight = weighted ? (weights[place] ?? 0) : 1;
    if (by === 'total')
      for (let at = 0; at < count; at++) signs[at] = (signs[at] ?? 0) + weight * (values[start + at] ?? 0);
    else
      for (let at = 0; at < count; at++) signs[at] = (signs[at] ?? 0) + Math.sign(weight * (values[start + at] ?? 0));
  }
  for (let at = 0; at < count; at++) signs[at] = (signs[at] ?? 0) >= 0 ? 1 : -1;
}

function prepare(
  vector: TaskVector,
  { sparsify, rescale }: TaskVectorSteps,
  draws: () => Draws,
  place: number,
): Float32Array {
  const values = new Float32Array(vector.data);
  const before = rescale === 'l1' ? magnitudeSum(values) : 0;
  sparsify?.(values, vector.shape, draws, place);
  if (rescale === undefined) return values;
  const after = rescale === 'l1' ? magnitudeSum(values) : 1;
  const factor = rescale === 'l1' ? (after === 0 ? 1 : before / after) : rescale;
  for (let at = 0; at < values.length; at++) values[at] = factor * (values[at] ?? 0);
  return values;
}

function magnitudeSum(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += Math.abs(value);
  return sum;
}

/** A share that is the same for all vectors, or depends on the index of the vector. */
export type Share = number | ((place: number) => number);

function shareAt(share: Share, place: number): number {
  return typeof share === 'number' ? share : share(place);
}

/** Keeps the ⌊density · n⌋ entries of largest magnitude, at least `minimum`. */
export function keepLargest(density: Share, minimum = 0): Sparsify {
  return (values, _shape, _draws, place) =>
    keepLargestMagnitudes(values, Math.max(minimum, Math.trunc(shareAt(density, place) * values.length)));
}

/** Keeps each entry with probability `density`. */
export function keepAtRandom(density: Share): Sparsify {
  return (values, _shape, draws, place) => {
    const [stream, probability] = [draws(), shareAt(density, place)];
    for (let at = 0; at < values.length; at++) if (stream.uniform() >= probability) values[at] = 0;
  };
}

/**
 * Model Breadcrumbs as mergekit has it: drops the ⌊γ · n⌋ entries of largest magnitude, or fewer, so that ⌊density · n⌋
 * remain, the largest of the others.
 */
export function keepMiddle(density: Share, gamma: Share): Sparsify {
  return (values, _shape, _draws, place) => {
    const count = values.length;
    const [share, outliers] = [shareAt(density, place), shareAt(gamma, place)];
    if (share >= 1) return;
    const kept = Math.trunc(share * count);
    const smallest = Math.max(0, count - kept - Math.trunc(outliers * count));
    const largest = values.slice();
    keepLargestMagnitudes(values, count - smallest);
    keepLargestMagnitudes(largest, count - smallest - kept);
    for (let at = 0; at < count; at++) if (largest[at] !== 0) values[at] = 0;
  };
}

/**
 * MAGPRUNE of DELLA: in each row of n, the entry of rank k by magnitude (0 the smallest) is kept with probability
 * density − ε + 2ε · k / (n − 1).
 */
export function keepByRank(density: Share, epsilon: Share): Sparsify {
  return (values, shape, draws, place) => {
    const [mean, spread] = [shareAt(density, place), shareAt(epsilon, place)];
    if (mean >= 1) return;
    const stream = draws();
    const width = shape.at(-1) ?? values.length;
    const step = width > 1 ? (2 * spread) / (width - 1) : 0;
    const ranks = new Float64Array(width);
    for (let start = 0; start < values.length; start += width) {
      const order = Uint32Array.from({ length: width }, (_, at) => at);
      order.sort(
        (one, other) => Math.abs(values[start + one] ?? 0) - Math.abs(values[start + other] ?? 0) || one - other,
      );
      for (const [rank, at] of order.entries()) ranks[at] = rank;
      for (let at = 0; at < width; at++)
        if (stream.uniform() >= mean - spread + step * (ranks[at] ?? 0)) values[start + at] = 0;
    }
  };
}
