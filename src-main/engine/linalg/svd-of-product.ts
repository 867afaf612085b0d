import { matmul } from './matmul.ts';
import { type Matrix, type MatrixLike, transpose } from './matrix.ts';
import { qr } from './qr.ts';
import { type Svd, svd } from './svd.ts';

/**
 * The thin SVD of scale · B·A without forming the product: B = Q·R and Aᵀ = P·L leave the small core scale · R·Lᵀ, whose
 * factors are multiplied by Q and P. B [out, r], A [r, in] → k = min(out, r, in); the product's further singular values are
 * 0.
 * @throws StudioError not_finite
 */
export function svdOfProduct(b: MatrixLike, a: MatrixLike, scale = 1): Svd {
  const [left, right] = [qr(b), qr(transpose(a))];
  const core = svd(scaled(matmul(left.r, transpose(right.r)), scale));
  const u = matmul(left.q, core.u);
  return { u, s: core.s, vt: matmul(core.vt, transpose(right.q)) };
}

function scaled({ shape, data }: Matrix, factor: number): Matrix {
  return factor === 1 ? { shape, data } : { shape, data: data.map((value) => value * factor) };
}
