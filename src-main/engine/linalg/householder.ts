import { addScaled, dot, norm } from './vectors.ts';

/** H₀·H₁·…, each H = I − v·vᵀ / |v[k]| with v zero above its own place k. */
export interface Reflections {
  /** vectors[k] has zeros above k; null where H is the identity. */
  readonly vectors: readonly (Float64Array | null)[];
}

/**
 * A = Q·R by Householder reflections, Q = H₀·H₁·…; `columns` are A's of length `rows` and become R's, with zeros below the
 * diagonal. Golub and Van Loan, Matrix Computations, 5.2.
 */
export function triangularize(columns: readonly Float64Array[], rows: number): Reflections {
  const vectors = columns.slice(0, rows).map((column, k) => {
    const vector = reflect(column, k);
    if (vector !== null) for (const other of columns.slice(k + 1)) apply(vector, k, other);
    return vector;
  });
  return { vectors };
}

/** Q times each of these vectors, in place. */
export function multiplyByQ({ vectors }: Reflections, columns: readonly Float64Array[]): void {
  for (let k = vectors.length - 1; k >= 0; k--) {
    const vector = vectors[k];
    if (vector) for (const column of columns) apply(vector, k, column);
  }
}

/** Reflects column[k…] to (±norm, 0, …) in place and returns v; null if it is zero already. */
export function reflect(column: Float64Array, k: number): Float64Array | null {
  const length = norm(column, k);
  if (length === 0) {
    column.fill(0, k);
    return null;
  }
  const vector = new Float64Array(column.length);
  for (let index = k; index < column.length; index++) vector[index] = (column[index] ?? 0) / length;
  // Away from zero, so that nothing cancels.
  const sign = (column[k] ?? 0) < 0 ? -1 : 1;
  vector[k] = (vector[k] ?? 0) + sign;
  column.fill(0, k);
  column[k] = -sign * length;
  return vector;
}

function apply(vector: Float64Array, k: number, column: Float64Array): void {
  const along = dot(vector, column, k);
  if (along !== 0) addScaled(column, vector, -along / Math.abs(vector[k] ?? 1), k);
}
