import type { HostTensor } from './host-tensor.ts';
import { commonSpace, FloatArena, type StagingSpace } from './staging.ts';

/** Vectors in stored order: vector v has entry e at `v · vectorStride + e · entryStride`. */
export interface StackedVectors {
  readonly values: ArrayLike<number>;
  readonly count: number;
  readonly vectorStride: number;
  readonly entryStride: number;
  readonly scale: number;
}

/** Entries of a vector in a panel: the second-level cache holds panels of a few hundred vectors. */
const depth = 128;
/** Rows or columns that are multiplied at a time. */
const block = 64;
/** Most vectors whose panel and products fit into the scratch memory of a space. */
const maxVectors = 256;

/**
 * Products of all vectors with each other [n, n] in double precision, at and below the diagonal, by the kernels of the
 * arena that holds them; null where they are in none, or too many.
 */
export function stackedProducts(parts: readonly StackedVectors[], length: number): Float64Array | null {
  const space = spaceOf(parts.map(({ values }) => values));
  const count = parts.reduce((total, part) => total + part.count, 0);
  const padded = Math.ceil(count / 4) * 4;
  if (space === null || padded > maxVectors) return null;
  const panel = space.scratchAddress;
  const sums = panel + padded * depth * 8;
  new Float64Array(space.memory.buffer, panel, padded * (depth + padded)).fill(0);
  for (let start = 0; start < length; start += depth) {
    const now = Math.min(depth, length - start);
    // Padding of the last panel beyond the vectors' ends is zero.
    if (now < depth) new Float64Array(space.memory.buffer, panel, padded * depth).fill(0);
    let first = 0;
    for (const part of parts) {
      const from = addressOf(part.values) + 4 * start * part.entryStride;
      const to = panel + first * depth * 8;
      space.run('pack_panel', from, to, part.count, now, part.vectorStride, part.entryStride, depth, part.scale);
      first += part.count;
    }
    space.run('add_products', panel, sums, padded, depth);
  }
  const all = new Float64Array(space.memory.buffer, sums, padded * padded);
  const products = new Float64Array(count * count);
  for (let row = 0; row < count; row++) products.set(all.subarray(row * padded, row * padded + count), row * count);
  return products;
}

/** A matrix in double precision, row-major. */
interface Doubles {
  readonly shape: readonly [number, number];
  readonly data: Float64Array;
}

/**
 * mix [m, n] · stacked rows [n, length], rounded once, by the arena's kernels; null where these cannot.
 * @param parts rows, with entries side by side
 */
export function mixRows(mix: Doubles, parts: readonly StackedVectors[], target: Float32Array): boolean {
  const [rows, count] = mix.shape;
  const length = target.length / rows;
  const space = spaceOf([target, ...parts.map(({ values }) => values)]);
  if (space === null || rows % 4 > 0 || length % block > 0 || Math.max(rows, count) > maxVectors) return false;
  const left = space.scratchAddress;
  const right = left + 8 * rows * count;
  new Float64Array(space.memory.buffer, left, rows * count).set(mix.data);
  for (let start = 0; start < length; start += block) {
    let first = 0;
    for (const { values, count: own, vectorStride, scale } of parts) {
      const from = addressOf(values) + 4 * start;
      space.run('pack_panel', from, right + 8 * first * block, own, block, vectorStride, 1, block, scale);
      first += own;
    }
    const to = addressOf(target) + 4 * start;
    space.run('multiply_to_floats', left, right, to, rows, count, block, block, length);
  }
  return true;
}

/** Stacked columns [length, n] · mix [n, m], as `mixRows`. @param parts columns, with vectors side by side */
export function mixColumns(mix: Doubles, parts: readonly StackedVectors[], target: Float32Array): boolean {
  const [count, columns] = mix.shape;
  const length = target.length / columns;
  const space = spaceOf([target, ...parts.map(({ values }) => values)]);
  if (space === null || columns % 4 > 0 || length % block > 0 || Math.max(columns, count) > maxVectors) return false;
  const right = space.scratchAddress;
  const left = right + 8 * count * columns;
  new Float64Array(space.memory.buffer, right, count * columns).set(mix.data);
  for (let start = 0; start < length; start += block) {
    let first = 0;
    for (const { values, count: own, entryStride, scale } of parts) {
      const from = addressOf(values) + 4 * start * entryStride;
      space.run('pack_panel', from, left + 8 * first, block, own, entryStride, 1, count, scale);
      first += own;
    }
    const to = addressOf(target) + 4 * start * columns;
    space.run('multiply_to_floats', left, right, to, block, count, columns, columns, columns);
  }
  return true;
}

/** The space in which all of the arrays are, where all are of floats. */
function spaceOf(arrays: readonly ArrayLike<number>[]): StagingSpace | null {
  const floats = arrays.filter((values): values is Float32Array => values instanceof Float32Array);
  return floats.length === arrays.length ? commonSpace(floats) : null;
}

function addressOf(values: ArrayLike<number> | HostTensor['data']): number {
  return 'byteOffset' in values ? values.byteOffset : 0;
}

let doubles: FloatArena | null = null;

/** a [m, k] · b [k, n] in double precision by the kernels; null where sides are no multiples of four, or too large. */
export function multiplyDoubles(a: Doubles, b: Doubles): Float64Array | null {
  const [rows, inner] = a.shape;
  const [, columns] = b.shape;
  if (rows % 4 > 0 || columns % 4 > 0 || Math.max(rows, inner, columns) > maxVectors) return null;
  if (doubles === null) {
    doubles = new FloatArena();
    doubles.reserve(6 * maxVectors ** 2, 1);
  }
  const memory = doubles.allocate(0);
  const space = memory && commonSpace([memory]);
  if (!memory || !space) return null;
  const left = memory.byteOffset;
  const right = left + 8 * a.data.length;
  const target = right + 8 * b.data.length;
  const { buffer } = space.memory;
  new Float64Array(buffer, left, a.data.length).set(a.data);
  new Float64Array(buffer, right, b.data.length).set(b.data);
  space.run('multiply', left, right, target, rows, inner, columns);
  return new Float64Array(buffer, target, rows * columns).slice();
}
