import { multiplyByQ, triangularize } from './householder.ts';
import { orthogonalize } from './jacobi.ts';
import { lapack } from './lapack.ts';
import { fromColumns, fromRows, type Matrix, type MatrixLike, sizeOf, toColumns, toRows } from './matrix.ts';
import { negate, normalizeScale, pointsBack, scale } from './vectors.ts';

export interface Svd {
  /** [m, k] with orthonormal columns. In each, the first entry of greatest magnitude is positive. */
  readonly u: Matrix;
  /** [k], descending, not negative. */
  readonly s: Float64Array;
  /** [k, n] with orthonormal rows. */
  readonly vt: Matrix;
}

/**
 * The thin A = U·diag(s)·Vᵀ of a matrix [m, n], k = min(m, n), by LAPACK where there is one. U and V are orthonormal whatever
 * the rank.
 * @throws StudioError not_finite
 */
export function svd(matrix: MatrixLike): Svd {
  return lapack.svd(matrix) ?? svdByJacobi(matrix);
}

/** `svd` in JavaScript: Householder's QR of the longer side, then one-sided Jacobi on the square triangle. */
export function svdByJacobi(matrix: MatrixLike): Svd {
  const [rows, columns] = sizeOf(matrix);
  const isTall = rows >= columns;
  // A wide matrix is decomposed as its transpose, whose left vectors are its right ones.
  const work = isTall ? toColumns(matrix) : toRows(matrix);
  const unit = normalizeScale(work);
  const { left, s, right } = decomposeTall(work, Math.max(rows, columns));
  scale(s, unit);
  const [u, v] = isTall ? [left, right] : [right, left];
  u.forEach((vector, index) => {
    if (!pointsBack(vector)) return;
    negate(vector);
    negate(v[index] ?? vector);
  });
  return { u: fromColumns(u, rows), s, vt: fromRows(v, columns) };
}

/** `work`: at most `length` columns of that length, overwritten. A = Q·R and R·J = X·S give A = (Q·X)·S·Jᵀ. */
function decomposeTall(work: Float64Array[], length: number) {
  const size = work.length;
  const reflections = triangularize(work, length);
  const { norms, directions, rotation } = orthogonalize(work.map((column) => column.slice(0, size)));
  const order = [...norms.keys()].sort((one, other) => (norms[other] ?? 0) - (norms[one] ?? 0));
  const left = order.map((index) => {
    const vector = new Float64Array(length);
    vector.set(directions[index] ?? []);
    return vector;
  });
  multiplyByQ(reflections, left);
  return {
    left,
    s: Float64Array.from(order, (index) => norms[index] ?? 0),
    right: order.map((index) => rotation[index] ?? new Float64Array(size)),
  };
}
