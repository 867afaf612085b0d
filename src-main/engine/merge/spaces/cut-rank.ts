import {
  leading,
  type MatrixLike,
  randomizedSvd,
  type Svd,
  scaledColumns,
  svd,
  svdOfProduct,
  toFloat32,
  transpose,
} from '../../linalg/index.ts';
import type { AdapterUpdate, Draws, LowRankUpdate, MergedUpdate, ModuleContext } from '../merge-method.ts';
import { coreSpaceOf } from './core-basis.ts';
import { weightedMatrixSum } from './weighted-sums.ts';

/** Share of the largest possible singular value below which values are not taken from products of vectors. */
const smallestShare = 1e-4;

/** Truncation of a merged ΔW: to `rank`, or to the fewest singular values that keep this share of the energy. */
export interface RankCut {
  /** Most singular values that are kept. */
  readonly rank: number;
  /** In (0, 1]; at most `rank` values are kept all the same. */
  readonly energy?: number;
}

/**
 * The best approximation of scaling · B·A under the cut, B = U·S and A = Vᵀ as PEFT lays it out, with scaling 1. ΔW is
 * never formed: the decomposition goes through the factors.
 */
export function cutProduct({ a, b, scaling }: Omit<LowRankUpdate, 'rank'>, cut: RankCut): MergedUpdate {
  const whole = svdOfProduct(b, a, scaling);
  return laidOut(whole, cut, energyOf(whole.s));
}

/**
 * Cuts Σ wᵢ·ΔWᵢ like `cutProduct`, in the core space of the updates: their vectors are multiplied with each other once, where QR
 * of the stacked factors takes several times as long. Null where the smallest value that is kept would be too near to the rounding
 * errors of these products.
 */
export function cutSum(
  updates: readonly AdapterUpdate[],
  weights: readonly number[],
  cut: RankCut,
  context: Pick<ModuleContext, 'allocate'>,
): MergedUpdate | null {
  const space = coreSpaceOf(updates, context);
  const decomposed = svd(weightedMatrixSum(space.cores, weights));
  const total = energyOf(decomposed.s);
  const { u, s, vt } = leadingUnder(decomposed, cut, total);
  if (!((s[s.length - 1] ?? 0) > smallestShare * space.largest)) return null;
  return {
    a: space.combineRight(transpose(vt)),
    b: space.combineLeft(scaledColumns(u, s)),
    rank: s.length,
    scaling: 1,
    energy: { kept: energyOf(s), total },
  };
}

/**
 * The best approximation of a full ΔW [out, in] under the cut; for a low rank of a large matrix by randomized SVD.
 * @param draws random directions of the randomized SVD
 */
export function cutMatrix(matrix: MatrixLike, cut: RankCut, draws: () => Draws): MergedUpdate {
  const least = Math.min(matrix.shape[0] ?? 0, matrix.shape[1] ?? 0);
  const isSmall = least <= 64 || 4 * cut.rank > least;
  const decomposed = isSmall ? svd(matrix) : randomizedSvd(matrix, { rank: cut.rank }, draws());
  return laidOut(decomposed, cut, energyOf(matrix.data));
}

function leadingUnder(decomposed: Svd, { rank, energy }: RankCut, total: number): Svd {
  const count = energy === undefined ? rank : Math.min(rank, countOf(decomposed.s, energy * total));
  return leading(decomposed, count);
}

function laidOut(decomposed: Svd, cut: RankCut, total: number): MergedUpdate {
  const { u, s, vt } = leadingUnder(decomposed, cut, total);
  const kept = s.length;
  return {
    a: toFloat32(vt),
    b: toFloat32(scaledColumns(u, s)),
    rank: kept,
    scaling: 1,
    energy: { kept: energyOf(s), total },
  };
}

/** The smallest number of values, at least 1, whose squares reach `wanted`. */
function countOf(s: Float64Array, wanted: number): number {
  let [count, sum] = [0, 0];
  // Rounding of the sums must not cost a further value.
  while (count < s.length && sum < wanted * (1 - 1e-12)) sum += (s[count++] ?? 0) ** 2;
  return Math.max(1, count);
}

/** Sum of squares. */
export function energyOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] ?? 0) ** 2;
  return sum;
}
