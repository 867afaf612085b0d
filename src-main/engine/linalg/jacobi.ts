import { fromRows, toColumns } from './matrix.ts';
import { symmetricEigen } from './symmetric-eigen.ts';
import { addScaled, dot, negligible, norm, rotate, scale, unitVectors } from './vectors.ts';

/** Squared ratio to the longest vector below which entries of the Gram matrix are rounding error. */
const blurred = 1e-14;
/** Far more sweeps than any matrix has needed in tests. */
const maxSweeps = 60;

export interface Orthogonalized {
  /** [k] lengths of the orthogonal vectors. */
  readonly norms: Float64Array;
  /** The orthogonal vectors divided by their lengths; those of length 0 are completed to an orthonormal basis. */
  readonly directions: Float64Array[];
  /** Columns of the orthogonal J with X·J = directions · diag(norms). */
  readonly rotation: Float64Array[];
}

/** A column of X, its column of J, and its squared length. */
interface Pair {
  readonly x: Float64Array;
  readonly j: Float64Array;
  square: number;
}

/**
 * Rotates `columns` (of a square X with entries of at most about 1, in place) until all are orthogonal up to rounding:
 * one-sided Jacobi, Hestenes 1958. It starts from the eigenvectors of XᵀX, so that two or three sweeps suffice instead of
 * ten.
 */
export function orthogonalize(columns: Float64Array[]): Orthogonalized {
  const size = columns.length;
  const rotation = unitVectors(size, size);
  const pairs = columns.map((x, index) => ({ x, j: rotation[index] ?? x, square: 0 }));
  turnByGram(pairs);
  const tolerance = Number.EPSILON * Math.sqrt(size);
  let sweeps = 0;
  while (sweep(pairs, tolerance))
    if (++sweeps === maxSweeps) throw new Error(`Jacobi rotations did not end within ${maxSweeps} sweeps`);
  const norms = Float64Array.from(columns, (column) => norm(column));
  columns.forEach((column, index) => {
    if ((norms[index] ?? 0) > 0) scale(column, 1 / (norms[index] ?? 1));
    else column.fill(0);
  });
  complete(columns, norms);
  return { norms, directions: columns, rotation };
}

/**
 * Rotates the vectors by the eigenvectors of their Gram matrix. Vectors too short for its accuracy are orthogonalized
 * against the rest and rotated by their own Gram matrix.
 */
function turnByGram(pairs: readonly Pair[]): void {
  if (pairs.length < 2) return;
  const gram = pairs.map(({ x }, row) =>
    Float64Array.from(pairs, ({ x: other }, column) => (column <= row ? dot(x, other) : 0)),
  );
  const turns = toColumns(symmetricEigen(fromRows(gram, pairs.length)).vectors).reverse();
  turn(
    pairs.map(({ x }) => x),
    turns,
  );
  turn(
    pairs.map(({ j }) => j),
    turns,
  );
  for (const pair of pairs) pair.square = dot(pair.x, pair.x);
  const longest = pairs.reduce((most, { square }) => Math.max(most, square), 0);
  const short = pairs.filter(({ square }) => square < blurred * longest);
  if (short.length === pairs.length) return;
  for (const long of pairs) if (!short.includes(long)) for (const other of short) rotatePair(long, other, 0);
  turnByGram(short);
}

/** X ← X·V for the columns of X and V, in place. */
function turn(columns: readonly Float64Array[], turns: readonly Float64Array[]): void {
  const turned = turns.map((factors) => {
    const sum = new Float64Array(columns[0]?.length ?? 0);
    for (const [index, column] of columns.entries()) addScaled(sum, column, factors[index] ?? 0);
    return sum;
  });
  for (const [index, column] of columns.entries()) column.set(turned[index] ?? []);
}

/** Rotates every pair that is not orthogonal once; false if there was none. */
function sweep(pairs: readonly Pair[], tolerance: number): boolean {
  for (const pair of pairs) pair.square = dot(pair.x, pair.x);
  let rotated = false;
  for (const [index, one] of pairs.entries())
    for (let other = index + 1; other < pairs.length; other++) {
      const second = pairs[other];
      if (second !== undefined && rotatePair(one, second, tolerance)) rotated = true;
    }
  return rotated;
}

/** Makes two columns orthogonal by a rotation; false if the cosine between them is below the tolerance. */
function rotatePair(one: Pair, other: Pair, tolerance: number): boolean {
  if (Math.min(one.square, other.square) < negligible * negligible) return false;
  const between = dot(one.x, other.x);
  if (Math.abs(between) <= tolerance * Math.sqrt(one.square) * Math.sqrt(other.square)) return false;
  const tangent = tangentOf((other.square - one.square) / (2 * between));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  rotate(one.x, other.x, cosine, cosine * tangent);
  rotate(one.j, other.j, cosine, cosine * tangent);
  one.square = updated(one.square, -tangent * between, one.x);
  other.square = updated(other.square, tangent * between, other.x);
  return true;
}

/** The smaller root of t² + 2·cotangent·t − 1: the tangent of the angle, from the cotangent of twice the angle. */
function tangentOf(cotangent: number): number {
  const size = Math.abs(cotangent);
  const root = size > 1e8 ? 2 * size : size + Math.sqrt(1 + size * size);
  return cotangent < 0 ? -1 / root : 1 / root;
}

/** The square of a rotated vector's length, recomputed after heavy cancellation. */
function updated(square: number, change: number, vector: Float64Array): number {
  const sum = square + change;
  return sum > square / 16 ? sum : dot(vector, vector);
}

/** Completes the directions of length 0, each from the axis with the smallest projection on the others. */
function complete(directions: readonly Float64Array[], norms: Float64Array): void {
  const known = directions.filter((_, index) => norms[index] !== 0);
  const left = new Float64Array(directions.length).fill(1);
  const account = (vector: Float64Array) => {
    for (const [axis, value] of vector.entries()) left[axis] = (left[axis] ?? 0) - value * value;
  };
  known.forEach(account);
  for (const vector of directions.filter((_, index) => norms[index] === 0)) {
    const axis = left.reduce((best, share, index) => (share > (left[best] ?? 0) ? index : best), 0);
    vector[axis] = 1;
    // Orthogonalized twice: the second pass removes the rounding error of the first.
    for (let pass = 0; pass < 2; pass++) for (const other of known) addScaled(vector, other, -dot(vector, other));
    scale(vector, 1 / norm(vector));
    account(vector);
    known.push(vector);
  }
}
