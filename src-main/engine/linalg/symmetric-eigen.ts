import { type EigenPairs, eigenByKernel } from '../tensors/eigen-kernel.ts';
import { multiplyByQ, reflect } from './householder.ts';
import { lapack } from './lapack.ts';
import { fromColumns, type Matrix, type MatrixLike, sizeOf, toRows } from './matrix.ts';
import { addScaled, dot, negate, normalizeScale, pointsBack, rotate, unitVectors } from './vectors.ts';

export interface SymmetricEigen {
  /** [n], ascending, as numpy.linalg.eigh has them. */
  readonly values: Float64Array;
  /** [n, n]; column k is the unit vector of values[k], its first entry of greatest magnitude positive. */
  readonly vectors: Matrix;
}

/** An eigenvalue takes two or three. */
const maxSteps = 60;

/**
 * A = V·diag(values)·Vᵀ of a symmetric matrix [n, n], of which the lower triangle is read, by LAPACK where there is one.
 * @throws StudioError not_finite
 */
export function symmetricEigen(matrix: MatrixLike): SymmetricEigen {
  const [size, columns] = sizeOf(matrix);
  if (size !== columns) throw new Error(`eigenvalues are of a square matrix, not of [${size}, ${columns}]`);
  return lapack.symmetricEigen(matrix) ?? eigenByQl(matrix);
}

/**
 * `symmetricEigen` without LAPACK: Householder's tridiagonal form, then implicit QL steps with Wilkinson's shift. Golub and Van
 * Loan, Matrix Computations, 8.3.
 */
export function eigenByQl(matrix: MatrixLike): SymmetricEigen {
  const [size] = sizeOf(matrix);
  const rows = symmetricRows(matrix);
  const unit = normalizeScale(rows);
  const { values: diagonal, vectors } = eigenByKernel(rows) ?? decompose(rows);
  const order = [...diagonal.keys()].sort((one, other) => (diagonal[one] ?? 0) - (diagonal[other] ?? 0));
  const sorted = order.map((index) => vectors[index] ?? new Float64Array(size));
  for (const vector of sorted) if (pointsBack(vector)) negate(vector);
  return {
    values: Float64Array.from(order, (index) => (diagonal[index] ?? 0) * unit),
    vectors: fromColumns(sorted, size),
  };
}

function decompose(rows: readonly Float64Array[]): EigenPairs {
  const { diagonal, beside, vectors } = tridiagonalize(rows);
  diagonalize(diagonal, beside, vectors);
  return { values: diagonal, vectors };
}

function symmetricRows(matrix: MatrixLike): Float64Array[] {
  const rows = toRows(matrix);
  for (const [index, row] of rows.entries())
    for (let column = index + 1; column < rows.length; column++) row[column] = rows[column]?.[index] ?? 0;
  return rows;
}

/** A = Q·T·Qᵀ: T's diagonal [n], off-diagonal [n] (the last is 0), and Q's columns. `rows` are overwritten. */
function tridiagonalize(rows: readonly Float64Array[]) {
  const size = rows.length;
  const beside = new Float64Array(size);
  const reflections: (Float64Array | null)[] = [null];
  for (let k = 0; k + 1 < size; k++) {
    const row = rows[k] ?? new Float64Array(size);
    const vector = k + 2 < size ? reflect(row, k + 1) : null;
    beside[k] = row[k + 1] ?? 0;
    reflections.push(vector);
    if (vector !== null) turnBothSides(rows, vector, k + 1);
  }
  const vectors = unitVectors(size, size);
  multiplyByQ({ vectors: reflections }, vectors);
  return { diagonal: Float64Array.from(rows, (row, index) => row[index] ?? 0), beside, vectors };
}

/** A ← H·A·H from row and column `from` on, H = I − v·vᵀ / |v[from]|. */
function turnBothSides(rows: readonly Float64Array[], vector: Float64Array, from: number): void {
  const divisor = Math.abs(vector[from] ?? 1);
  const along = new Float64Array(vector.length);
  for (let index = from; index < rows.length; index++)
    along[index] = dot(rows[index] ?? vector, vector, from) / divisor;
  addScaled(along, vector, -dot(along, vector, from) / (2 * divisor), from);
  for (let index = from; index < rows.length; index++) {
    const row = rows[index] ?? vector;
    addScaled(row, along, -(vector[index] ?? 0), from);
    addScaled(row, vector, -(along[index] ?? 0), from);
  }
}

/** Diagonalizes the tridiagonal matrix in place, and rotates the vectors with it. */
function diagonalize(diagonal: Float64Array, beside: Float64Array, vectors: readonly Float64Array[]): void {
  const e = (index: number) => beside[index] ?? 0;
  // Off-diagonals this small relative to the norm change the eigenvalues by no more than rounding.
  const negligible =
    Number.EPSILON * diagonal.reduce((most, value, at) => Math.max(most, Math.abs(value) + Math.abs(e(at))), 0);
  for (let first = 0; first < diagonal.length; first++)
    for (let steps = 0; ; steps++) {
      let last = first;
      while (last + 1 < diagonal.length && Math.abs(e(last)) > negligible) last++;
      if (last === first) break;
      if (steps === maxSteps) throw new Error(`an eigenvalue was not found within ${maxSteps} steps`);
      stepOfQl(diagonal, beside, vectors, first, last);
    }
}

/** One implicit step on the unreduced block [first, last]. */
function stepOfQl(
  diagonal: Float64Array,
  beside: Float64Array,
  vectors: readonly Float64Array[],
  first: number,
  last: number,
): void {
  const d = (index: number) => diagonal[index] ?? 0;
  const e = (index: number) => beside[index] ?? 0;
  const ratio = (d(first + 1) - d(first)) / (2 * e(first));
  const root = Math.sqrt(1 + ratio * ratio);
  // Wilkinson's shift: the eigenvalue of the leading 2 × 2 that is nearer to its first entry.
  let bulge = d(last) - d(first) + e(first) / (ratio < 0 ? ratio - root : ratio + root);
  let [sine, cosine, shift] = [1, 1, 0];
  for (let index = last - 1; index >= first; index--) {
    const [f, b] = [sine * e(index), cosine * e(index)];
    const radius = Math.sqrt(f * f + bulge * bulge);
    beside[index + 1] = radius;
    if (radius === 0) {
      diagonal[index + 1] = d(index + 1) - shift;
      beside[last] = 0;
      return;
    }
    [sine, cosine] = [f / radius, bulge / radius];
    const rest = d(index + 1) - shift;
    const change = (d(index) - rest) * sine + 2 * cosine * b;
    shift = sine * change;
    diagonal[index + 1] = rest + shift;
    bulge = cosine * change - b;
    const [one, other] = [vectors[index], vectors[index + 1]];
    if (one !== undefined && other !== undefined) rotate(one, other, cosine, sine);
  }
  diagonal[first] = d(first) - shift;
  beside[first] = bulge;
  beside[last] = 0;
}
