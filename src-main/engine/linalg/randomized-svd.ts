import { lapack } from './lapack.ts';
import { matmul } from './matmul.ts';
import { type Matrix, type MatrixLike, sizeOf, transpose } from './matrix.ts';
import { qr } from './qr.ts';
import { type Svd, svd } from './svd.ts';

export interface RandomizedSvdOptions {
  /** Number of singular values, at least 1; fewer are returned if the matrix has fewer. */
  readonly rank: number;
  /** Additional random directions, for accuracy. Default 10. */
  readonly oversampling?: number;
  /** Passes through A·Aᵀ, which separate the leading directions if singular values decay slowly. Default 4. */
  readonly powerIterations?: number;
}

/** Source of standard normal numbers. */
export interface Normals {
  normal(): number;
}

/** A matrix A by its products with others. */
export interface MatrixProducts {
  readonly shape: readonly [rows: number, columns: number];
  /** A·right. */
  times(right: Matrix): Matrix;
  /** Aᵀ·right. */
  acrossTimes(right: Matrix): Matrix;
}

/**
 * The leading part of the SVD of a large matrix [m, n], from its products with a few random directions: Halko, Martinsson
 * and Tropp 2011, algorithms 4.4 and 5.1. Exact up to rounding where the matrix has no higher rank than rank +
 * oversampling; else each value is too small by a share that falls with every power iteration.
 * @throws StudioError not_finite
 */
export function randomizedSvd(matrix: MatrixLike, options: RandomizedSvdOptions, random: Normals): Svd {
  const shape = sizeOf(matrix);
  // Converted once, not for each product.
  const doubles: Matrix = {
    shape,
    data: matrix.data instanceof Float64Array ? matrix.data : new Float64Array(matrix.data),
  };
  let across: Matrix | null = null;
  const products: MatrixProducts = {
    shape,
    times: (right) => matmul(doubles, right),
    acrossTimes(right) {
      // Aᵀ·R = (Rᵀ·A)ᵀ: the large matrix is read as it lies. JavaScript's product reads a transpose of it faster.
      const product = lapack.multiply(transpose(right), doubles);
      if (product !== null) return transpose(product);
      across ??= transpose(doubles);
      return matmul(across, right);
    },
  };
  return randomizedSvdOf(products, options, random);
}

/** Counterpart of `randomizedSvd` for a matrix that is known by its products alone. */
export function randomizedSvdOf(
  { shape: [rows, columns], times, acrossTimes }: MatrixProducts,
  { rank, oversampling = 10, powerIterations = 4 }: RandomizedSvdOptions,
  random: Normals,
): Svd {
  const directions = Math.min(rank + oversampling, rows, columns);
  let basis = qr(times(gaussian(columns, directions, random))).q;
  for (let pass = 0; pass < powerIterations; pass++) {
    const turned = qr(acrossTimes(basis)).q;
    basis = qr(times(turned)).q;
  }
  // (Aᵀ·Q)ᵀ: reads rows of the long side, as in the passes before.
  const core = svd(transpose(acrossTimes(basis)));
  return leading({ ...core, u: matmul(basis, core.u) }, rank);
}

/** The `rank` greatest singular values of a decomposition and their vectors: the best approximation of that rank. */
export function leading({ u, s, vt }: Svd, rank: number): Svd {
  const kept = Math.min(rank, s.length);
  const [rows, columns] = [u.shape[0], vt.shape[1]];
  const data = new Float64Array(rows * kept);
  for (let row = 0; row < rows; row++) data.set(u.data.subarray(row * s.length, row * s.length + kept), row * kept);
  return {
    u: { shape: [rows, kept], data },
    s: s.slice(0, kept),
    vt: { shape: [kept, columns], data: vt.data.slice(0, kept * columns) },
  };
}

function gaussian(rows: number, columns: number, random: Normals): Matrix {
  const data = new Float64Array(rows * columns);
  for (let at = 0; at < data.length; at++) data[at] = random.normal();
  return { shape: [rows, columns], data };
}
