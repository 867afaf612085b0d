import { keepLargestMagnitudes } from '../../tensors/largest-magnitudes.ts';
import { MagnitudeOrder } from '../../tensors/magnitude-order.ts';
import type { Draws } from '../merge-method.ts';

/** Entries that are merged at a time: their sums stay in the first-level cache. */
const chunk = 1024;
/** Entries of a matrix that is read by rows, at a time. */
const rowBlock = 2 ** 17;

/** A task vector of one adapter: the entries of ΔW, or of a factor. */
export interface TaskVector {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  /** Rows of a large matrix, in new memory; `data` is then not read, so that not all vectors are in memory at once. */
  rows?(first: number, count: number): Float32Array;
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
  const length = (vectors[0]?.shape ?? []).reduce((product, side) => product * side, 1);
  const merged = allocate(vectors.length === 0 ? 0 : length);
  const prepared = vectors.map((vector, place) => prepare(vector, steps, () => drawsOf(place), place));
  for (const { vectors: values, start } of rowBlocks(prepared)) mergeBlock(merged, start, values, weights, steps);
  return merged;
}

/** The matrices by blocks of rows: those that can be read by rows, block after block; others as a whole. */
export function* rowBlocks(
  matrices: readonly TaskVector[],
): Generator<{ readonly vectors: readonly ArrayLike<number>[]; readonly start: number }> {
  const [first] = matrices;
  if (first === undefined) return;
  const readers = matrices.flatMap((matrix) => (matrix.rows === undefined ? [] : matrix));
  if (readers.length < matrices.length) {
    yield { vectors: matrices.map(({ data }) => data), start: 0 };
    return;
  }
  const [rows = 0, columns = 1] = first.shape;
  const step = Math.max(1, Math.floor(rowBlock / columns));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    yield { vectors: readers.flatMap((matrix) => matrix.rows?.(row, count) ?? []), start: row * columns };
  }
}

/** The merge of entries from `first` on. */
function mergeBlock(
  merged: Float32Array,
  first: number,
  prepared: readonly ArrayLike<number>[],
  weights: readonly number[],
  steps: TaskVectorSteps,
): void {
  const length = prepared[0]?.length ?? 0;
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
      merged[first + start + at] = isDivided ? (sums[at] ?? 0) / divisor : (sums[at] ?? 0);
    }
  }
}

/** Σ wᵢ·vᵢ of a chunk, vector by vector, over the entries of the elected signs (null: all), and their divisors. */
function addUp(
  sums: Float64Array,
  divisors: Float64Array,
  signs: Float64Array | null,
  vectors: readonly ArrayLike<number>[],
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
  vectors: readonly ArrayLike<number>[],
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

/** Sparsifies and rescales a vector. A vector that is read by rows keeps one bit for each of its entries. */
function prepare(vector: TaskVector, steps: TaskVectorSteps, draws: () => Draws, place: number): TaskVector {
  const { shape } = vector;
  const { sparsify, rescale } = steps;
  if (vector.rows === undefined) {
    const values = new Float32Array(vector.data);
    const factor = sparsified(values, shape, steps, draws, place);
    if (factor !== 1) for (let at = 0; at < values.length; at++) values[at] = factor * (values[at] ?? 0);
    return { shape, data: values };
  }
  const read = vector.rows.bind(vector);
  if (sparsify === undefined && typeof rescale !== 'number') return vector;
  const values = read(0, shape[0] ?? 0);
  const factor = sparsified(values, shape, steps, draws, place);
  const kept = keptPlaces(values);
  const columns = shape[1] ?? 1;
  return {
    shape,
    data: [],
    rows(first, count) {
      const own = read(first, count);
      const offset = first * columns;
      for (let at = 0; at < own.length; at++) {
        const bit = ((kept[(offset + at) >>> 5] ?? 0) >>> ((offset + at) & 31)) & 1;
        own[at] = bit === 1 ? factor * (own[at] ?? 0) : 0;
      }
      return own;
    },
  };
}

/** Zeroes entries in place, and returns what the others are to be multiplied by. */
function sparsified(
  values: Float32Array,
  shape: readonly number[],
  { sparsify, rescale }: TaskVectorSteps,
  draws: () => Draws,
  place: number,
): number {
  const before = rescale === 'l1' ? magnitudeSum(values) : 0;
  sparsify?.(values, shape, draws, place);
  if (rescale !== 'l1') return rescale ?? 1;
  const after = magnitudeSum(values);
  return after === 0 ? 1 : before / after;
}

/** One bit for each value: 1 where it is not zero. */
function keptPlaces(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(Math.ceil(values.length / 32));
  for (let word = 0; word < bits.length; word++) {
    let own = 0;
    const end = Math.min(32, values.length - 32 * word);
    for (let bit = 0; bit < end; bit++) if (values[32 * word + bit] !== 0) own |= 1 << bit;
    bits[word] = own;
  }
  return bits;
}

function magnitudeSum(values: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += Math.abs(values[at] ?? 0);
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
    const sorter = new MagnitudeOrder(width);
    for (let start = 0; start < values.length; start += width) {
      const order = sorter.order(values.subarray(start, start + width));
      for (let rank = 0; rank < width; rank++) ranks[order[rank] ?? 0] = rank;
      for (let at = 0; at < width; at++)
        if (stream.uniform() >= mean - spread + step * (ranks[at] ?? 0)) values[start + at] = 0;
    }
  };
}
