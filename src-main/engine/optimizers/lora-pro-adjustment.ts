import {
  dampedInverse,
  gram,
  type Matrix,
  type MatrixLike,
  matmul,
  symmetricEigen,
  transpose,
} from '../linalg/index.ts';

/** The factors of one module, A [r, in] and B [out, r], or their gradients. */
export interface Factors<M = MatrixLike> {
  readonly a: M;
  readonly b: M;
}

/**
 * LoRA-Pro's gradients of the factors (Wang et al. 2025, theorem 2.1), in double precision: with Kb = (BᵀB + δI)⁻¹ and Ka =
 * (A·Aᵀ + δI)⁻¹, A' = Kb·gA / s² + X·A and B' = (I − B·Kb·Bᵀ)·gB·Ka / s² − B·X. The step of s·B·A is then nearest to the
 * step of the full weight; X does not change it and brings A', B' nearest to gA, gB.
 * @returns adjusts gradients of these factors; `withX` false: X = 0, if only the step of the product matters.
 */
export function gradientAdjuster(
  { a, b }: Factors,
  scaling: number,
  damping: number,
): (gradient: Factors, options: { readonly withX: boolean }) => Factors<Matrix> {
  const gramA = gram([{ matrix: a, scale: 1 }], 'rows');
  const gramB = gram([{ matrix: b, scale: 1 }], 'columns');
  const [inverseA, inverseB] = [dampedInverse(gramA, damping), dampedInverse(gramB, damping)];
  const unscale = 1 / scaling ** 2;
  return (gradient, { withX }) => {
    const adjustedA = scaled(matmul(inverseB, gradient.a), unscale);
    const along = matmul(b, matmul(inverseB, matmul(transpose(b), gradient.b)));
    const adjustedB = scaled(matmul(sum(gradient.b, along, -1), inverseA), unscale);
    if (!withX) return { a: adjustedA, b: adjustedB };
    const x = solveSylvester(gramB, gramA, scaled(matmul(adjustedA, transpose(a)), -1));
    return { a: sum(adjustedA, matmul(x, a), 1), b: sum(adjustedB, matmul(b, x), -1) };
  };
}

/** X of P·X + X·Q = C, P and Q symmetric positive semidefinite [r, r]; in a common null space, X is 0. */
function solveSylvester(p: MatrixLike, q: MatrixLike, c: MatrixLike): Matrix {
  const [left, right] = [symmetricEigen(p), symmetricEigen(q)];
  const turned = matmul(matmul(transpose(left.vectors), c), right.vectors);
  const size = right.values.length;
  turned.data.forEach((value, at) => {
    const divisor = Math.max(0, left.values[Math.floor(at / size)] ?? 0) + Math.max(0, right.values[at % size] ?? 0);
    turned.data[at] = divisor === 0 ? 0 : value / divisor;
  });
  return matmul(matmul(left.vectors, turned), transpose(right.vectors));
}

function scaled({ shape, data }: Matrix, factor: number): Matrix {
  return { shape, data: data.map((value) => value * factor) };
}

/** one + factor · other */
function sum(one: MatrixLike, other: Matrix, factor: number): Matrix {
  return { shape: other.shape, data: other.data.map((value, at) => (one.data[at] ?? 0) + factor * value) };
}
