import { multiplyByQ, triangularize } from './householder.ts';
import { lapack } from './lapack.ts';
import { fromColumns, type Matrix, type MatrixLike, sizeOf, toColumns } from './matrix.ts';
import { negate, normalizeScale, scale, unitVectors } from './vectors.ts';

export interface Qr {
  /** [m, k] with orthonormal columns, k = min(m, n). */
  readonly q: Matrix;
  /** [k, n], upper triangular; its diagonal is not negative, which makes both unique where the columns are independent. */
  readonly r: Matrix;
}

/** The thin A = Q·R of a matrix [m, n], by LAPACK where there is one. @throws StudioError not_finite */
export function qr(matrix: MatrixLike): Qr {
  return lapack.qr(matrix) ?? qrByReflections(matrix);
}

/** `qr` in JavaScript, by Householder reflections. */
export function qrByReflections(matrix: MatrixLike): Qr {
  const [rows, columns] = sizeOf(matrix);
  const rank = Math.min(rows, columns);
  const triangle = toColumns(matrix);
  const unit = normalizeScale(triangle);
  const reflections = triangularize(triangle, rows);
  const q = unitVectors(rank, rows);
  multiplyByQ(reflections, q);
  for (let k = 0; k < rank; k++) {
    if ((triangle[k]?.[k] ?? 0) >= 0) continue;
    for (const column of triangle) column[k] = 0 - (column[k] ?? 0);
    negate(q[k] ?? new Float64Array());
  }
  for (const column of triangle) scale(column, unit);
  return { q: fromColumns(q, rows), r: fromColumns(triangle, rank) };
}
