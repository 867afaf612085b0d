import {
  leading,
  type MatrixLike,
  randomizedSvd,
  type Svd,
  scaledColumns,
  svd,
  svdOfProduct,
  toFloat32,
} from '../../linalg/index.ts';
import type { Draws, LowRankUpdate, MergedUpdate } from '../merge-method.ts';

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
 * The best approximation of a full ΔW [out, in] under the cut; for a low rank of a large matrix by randomized SVD.
 * @param draws random directions of the randomized SVD
 */
export function cutMatrix(matrix: MatrixLike, cut: RankCut, draws: () => Draws): MergedUpdate {
  const least = Math.min(matrix.shape[0] ?? 0, matrix.shape[1] ?? 0);
  const isSmall = least <= 64 || 4 * cut.rank > least;
  const decomposed = isSmall ? svd(matrix) : randomizedSvd(matrix, { rank: cut.rank }, draws());
  return laidOut(decomposed, cut, energyOf(matrix.data));
}

function laidOut(decomposed: Svd, { rank, energy }: RankCut, total: number): MergedUpdate {
  const { u, s, vt } = leading(
    decomposed,
    energy === undefined ? rank : Math.min(rank, countOf(decomposed.s, energy * total)),
  );
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
