import { gram, type Matrix, type MatrixLike, matmul, symmetricEigen, toFloat32, transpose } from '../linalg/index.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { type AdapterUpdate, type LowRankUpdate, type ModuleContext, sum } from './merge-method.ts';

/**
 * Directions with a singular value below this share of the largest are left out: their squares are lost in the rounding
 * of the products of vectors.
 */
const negligible = 1e-7;
/** Above this condition number the factors are made of orthonormal directions, whose sums do not cancel out. */
const largestCondition = 1e3;

/** The space that the updates of a module span: ΔWᵢ = U·coreᵢ·Vᵀ with orthonormal U [out, k] and V [in, l]. */
export interface CoreSpace {
  /** Uᵀ·ΔWᵢ·V [k, l], k = min(out, Σ rᵢ) and l = min(in, Σ rᵢ), largest direction first. */
  readonly cores: readonly Matrix[];
  /** Uᵀ·Bᵢ·√scaling [k, rᵢ]. */
  readonly leftCoordinates: readonly Matrix[];
  /** U·mix [out, columns of mix], rounded to float32. */
  combineLeft(mix: MatrixLike): HostTensor;
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
  const cores = leftCoordinates.map((own, index) => matmul(own, rightCoordinates[index] ?? own));
  const lift = (core: MatrixLike): LowRankUpdate => {
    const [k = 0, l = 0] = core.shape;
    const rank = left.vectorCount;
    const wellConditioned = Math.max(left.condition, right.condition) <= largestCondition;
    if (rank <= Math.min(k, l) && wellConditioned) {
      // One factor stays as it is, so that only the smaller one is multiplied.
      const mixed = matmul(left.mix, matmul(core, transpose(right.mix)));
      const onLeft = left.length <= right.length;
      const b = combined(updates, 'b', onLeft ? mixed : null, allocate);
      return { a: combined(updates, 'a', onLeft ? null : mixed, allocate), b, rank, scaling: 1 };
    }
    const b = combined(updates, 'b', k <= l ? left.mix : matmul(left.mix, core), allocate);
    const a = combined(updates, 'a', transpose(k <= l ? matmul(right.mix, transpose(core)) : right.mix), allocate);
    return { a, b, rank: Math.min(k, l), scaling: 1 };
  };
  const combineLeft = (mix: MatrixLike) => combined(updates, 'b', matmul(left.mix, mix), allocate);
  return { cores, leftCoordinates, combineLeft, lift };
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
  /** Largest singular value / smallest. */
  readonly condition: number;
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
    condition: largest / Math.max(singular[count - 1] ?? 0, Number.MIN_VALUE),
  };
}

/**
 * The stacked factors with √scaling in them, multiplied by `mix`: B [out, Σ rᵢ]·mix, or mix·A for A [Σ rᵢ, in]. Null: as
 * they are. Summed in double precision and rounded once.
 */
function combined(
  updates: readonly AdapterUpdate[],
  part: 'a' | 'b',
  mix: Matrix | null,
  allocate: (length: number) => Float32Array,
): HostTensor {
  const length = updates[0]?.[part].shape[part === 'a' ? 1 : 0] ?? 0;
  const stacked = stack(updates, part);
  if (mix === null) return toFloat32(stacked);
  const product = part === 'a' ? matmul(mix, stacked) : matmul(stacked, mix);
  const data = allocate(product.data.length);
  data.set(product.data);
  return { shape: part === 'a' ? [mix.shape[0], length] : [length, mix.shape[1]], data };
}

/** [Σ rᵢ, in] or [out, Σ rᵢ]. */
function stack(updates: readonly AdapterUpdate[], part: 'a' | 'b'): Matrix {
  const length = updates[0]?.[part].shape[part === 'a' ? 1 : 0] ?? 0;
  const count = sum(updates.map(({ rank }) => rank));
  const data = new Float64Array(count * length);
  let first = 0;
  for (const update of updates) {
    const factor = rootOf(update, part);
    const values = update[part].data;
    for (let at = 0; at < values.length; at++) {
      const target =
        part === 'a' ? first * length + at : Math.floor(at / update.rank) * count + first + (at % update.rank);
      data[target] = factor * (values[at] ?? 0);
    }
    first += update.rank;
  }
  return { shape: part === 'a' ? [count, length] : [length, count], data };
}

/** √|scaling|; a negative sign goes to A. */
function rootOf({ scaling }: AdapterUpdate, part: 'a' | 'b'): number {
  return (part === 'a' && scaling < 0 ? -1 : 1) * Math.sqrt(Math.abs(scaling));
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
