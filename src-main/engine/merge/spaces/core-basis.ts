import { gram, type Matrix, type MatrixLike, matmul, symmetricEigen, transpose } from '../../linalg/index.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { multiplyDoubles } from '../../tensors/stacked-products.ts';
import type { AdapterUpdate, LowRankUpdate, ModuleContext } from '../merge-method.ts';
import { mixed, rootOf, stacked } from './stacked-factors.ts';

/**
 * Directions with a singular value below this share of the largest are left out: their squares are lost in the rounding
 * of the products of vectors.
 */
const negligible = 1e-7;
/** Above this ratio of the factors' norms to the update's, they are built from orthonormal directions instead. */
const largestGrowth = 30;

/** The space that the updates of a module span: ΔWᵢ = U·coreᵢ·Vᵀ with orthonormal U [out, k] and V [in, l]. */
export interface CoreSpace {
  /** Uᵀ·ΔWᵢ·V [k, l], k = min(out, Σ rᵢ) and l = min(in, Σ rᵢ), largest direction first. */
  readonly cores: readonly Matrix[];
  /** Uᵀ·Bᵢ·√scaling [k, rᵢ]. */
  readonly leftCoordinates: readonly Matrix[];
  /** U·mix [out, columns of mix], rounded to float32. */
  combineLeft(mix: MatrixLike): HostTensor;
  /** (V·mix)ᵀ [columns of mix, in], rounded to float32. */
  combineRight(mix: MatrixLike): HostTensor;
  /** Product of the largest singular values of the stacked factors: what the cores' rounding errors are relative to. */
  readonly largest: number;
  /** U·core·Vᵀ as factors, scaling 1. */
  lift(core: MatrixLike): LowRankUpdate;
}

/**
 * Core Space of the updates (arXiv 2509.17786, section 3): U are the left singular vectors of [B₁ … Bₙ], V the right ones
 * of [A₁; …; Aₙ], √scaling in either factor. All of it happens in Σ rᵢ dimensions: U and V are the stacked factors times
 * what diagonalizes their products, and ΔW is never made.
 */
export function coreSpaceOf(
  updates: readonly AdapterUpdate[],
  { allocate }: Pick<ModuleContext, 'allocate'>,
): CoreSpace {
  const left = basisOf(updates, 'b');
  const right = basisOf(updates, 'a');
  const leftCoordinates = partsOf(updates, left.coordinates).map(transpose);
  const rightCoordinates = partsOf(updates, right.coordinates);
  const cores = leftCoordinates.map((own, index) => product(own, rightCoordinates[index] ?? own));
  const lift = (given: MatrixLike): LowRankUpdate => {
    const core = doubles(given);
    const [k, l] = core.shape;
    const onLeft = left.length <= right.length;
    // [√sᵢ·Bᵢ]·mix·[√sᵢ·Aᵢ] = U·core·Vᵀ: one factor stays as it is, and only the smaller one is multiplied.
    const half = onLeft ? product(core, transpose(right.mix)) : product(left.mix, core);
    const growth = (norm(half) * (onLeft ? right : left).largest) / Math.max(norm(core), Number.MIN_VALUE);
    if (left.vectorCount <= Math.min(k, l) && growth <= largestGrowth) {
      const mix = onLeft ? product(left.mix, half) : product(half, transpose(right.mix));
      return { ...oneMixed(updates, mix, onLeft, allocate), rank: left.vectorCount, scaling: 1 };
    }
    const b = mixed(updates, 'b', k <= l ? left.mix : product(left.mix, core), allocate);
    const a = mixed(updates, 'a', transpose(k <= l ? product(right.mix, transpose(core)) : right.mix), allocate);
    return { a, b, rank: Math.min(k, l), scaling: 1 };
  };
  const combineLeft = (mix: MatrixLike) => mixed(updates, 'b', matmul(left.mix, mix), allocate);
  const combineRight = (mix: MatrixLike) => mixed(updates, 'a', transpose(matmul(right.mix, mix)), allocate);
  return { cores, leftCoordinates, combineLeft, combineRight, lift, largest: left.largest * right.largest };
}

/** B·mix and A, or B and mix·A; the factor that is not multiplied leaves its scalings to the other. */
function oneMixed(
  updates: readonly AdapterUpdate[],
  { shape, data }: Matrix,
  onLeft: boolean,
  allocate: (length: number) => Float32Array,
) {
  const plain = onLeft ? 'a' : 'b';
  const roots = updates.flatMap((update) => new Array<number>(update.rank).fill(rootOf(update, plain)));
  const width = shape[1];
  const scaled = data.map((value, at) => value * (roots[onLeft ? at % width : Math.floor(at / width)] ?? 0));
  const other = mixed(updates, onLeft ? 'b' : 'a', { shape, data: scaled }, allocate);
  const own = stacked(updates, plain, allocate);
  return onLeft ? { a: own, b: other } : { a: other, b: own };
}

interface Basis {
  /** Σ rᵢ. */
  readonly vectorCount: number;
  /** Entries of a vector: out or in features. */
  readonly length: number;
  /** [Σ rᵢ, k]: the orthonormal directions are the stacked vectors times this. Zero for directions left out. */
  readonly mix: Matrix;
  /** [Σ rᵢ, k]: row i are the coordinates of vector i in the directions. */
  readonly coordinates: Matrix;
  /** Largest singular value. */
  readonly largest: number;
}

/** From the products G = X·Xᵀ of the stacked vectors: G = W·Λ·Wᵀ, the directions are Xᵀ·W·Λ^-½, with coordinates W·Λ^½. */
function basisOf(updates: readonly AdapterUpdate[], part: 'a' | 'b'): Basis {
  const vectors = updates.map((update) => ({ matrix: update[part], scale: rootOf(update, part) }));
  const { values, vectors: directions } = symmetricEigen(gram(vectors, part === 'a' ? 'rows' : 'columns'));
  const vectorCount = values.length;
  const length = updates[0]?.[part].shape[part === 'a' ? 1 : 0] ?? 0;
  const count = Math.min(vectorCount, length);
  const largest = Math.sqrt(Math.max(0, values[vectorCount - 1] ?? 0));
  const singular = Array.from({ length: count }, (_, k) => Math.sqrt(Math.max(0, values[vectorCount - 1 - k] ?? 0)));
  const isKept = singular.map((value) => value > negligible * largest);
  const scaled = (factor: (k: number) => number): Matrix => {
    const data = new Float64Array(vectorCount * count);
    for (let row = 0; row < vectorCount; row++)
      for (let k = 0; k < count; k++)
        data[row * count + k] = factor(k) * (directions.data[row * vectorCount + vectorCount - 1 - k] ?? 0);
    return { shape: [vectorCount, count], data };
  };
  return {
    vectorCount,
    length,
    mix: scaled((k) => (isKept[k] ? 1 / (singular[k] ?? 1) : 0)),
    coordinates: scaled((k) => singular[k] ?? 0),
    largest,
  };
}

/** The rows of each update's own vectors. */
function partsOf(updates: readonly AdapterUpdate[], { shape: [, width], data }: Matrix): Matrix[] {
  let first = 0;
  return updates.map(({ rank }) => {
    const own = data.subarray(first * width, (first + rank) * width);
    first += rank;
    return { shape: [rank, width], data: own };
  });
}

function product(a: Matrix, b: Matrix): Matrix {
  const data = multiplyDoubles(a, b);
  return data === null ? matmul(a, b) : { shape: [a.shape[0], b.shape[1]], data };
}

function doubles({ shape: [rows = 0, columns = 0], data }: MatrixLike): Matrix {
  return { shape: [rows, columns], data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

function norm({ data }: Matrix): number {
  let total = 0;
  for (const value of data) total += value * value;
  return Math.sqrt(total);
}
