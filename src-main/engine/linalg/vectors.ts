import { StudioError } from '../../../src-shared/contract/errors.ts';

/** Σ x[i]·y[i] over i ≥ from, in four partial sums, so that additions overlap. */
export function dot(x: Float64Array, y: Float64Array, from = 0): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const end = x.length;
  let index = from;
  for (; index + 3 < end; index += 4) {
    first += (x[index] ?? 0) * (y[index] ?? 0);
    second += (x[index + 1] ?? 0) * (y[index + 1] ?? 0);
    third += (x[index + 2] ?? 0) * (y[index + 2] ?? 0);
    fourth += (x[index + 3] ?? 0) * (y[index + 3] ?? 0);
  }
  for (; index < end; index++) first += (x[index] ?? 0) * (y[index] ?? 0);
  return first + second + (third + fourth);
}

/** y[i] += factor · x[i] over i ≥ from. */
export function addScaled(y: Float64Array, x: Float64Array, factor: number, from = 0): void {
  for (let index = from; index < y.length; index++) y[index] = (y[index] ?? 0) + factor * (x[index] ?? 0);
}

export function scale(x: Float64Array, factor: number): void {
  for (let index = 0; index < x.length; index++) x[index] = (x[index] ?? 0) * factor;
}

/** x ← −x, without negative zeros. */
export function negate(x: Float64Array): void {
  for (let index = 0; index < x.length; index++) x[index] = 0 - (x[index] ?? 0);
}

/** x, y ← c·x − s·y, s·x + c·y. */
export function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let index = 0; index < x.length; index++) {
    const one = x[index] ?? 0;
    const other = y[index] ?? 0;
    x[index] = c * one - s * other;
    y[index] = s * one + c * other;
  }
}

/** Norms below this, with entries of around 1, count as 0: their squares would underflow. */
export const negligible = 2 ** -500;

/** The Euclidean norm over i ≥ from of a vector with entries of at most about 1; 0 where it is negligible. */
export function norm(x: Float64Array, from = 0): number {
  const length = Math.sqrt(dot(x, x, from));
  return length < negligible ? 0 : length;
}

/**
 * Scales vectors in place by one power of two, which rounds nothing, so that the greatest entry lies in [1, 2); returns what
 * multiplies results back. Vectors of zeros stay.
 * @throws StudioError not_finite
 */
export function normalizeScale(vectors: readonly Float64Array[]): number {
  let greatest = 0;
  for (const vector of vectors)
    for (const value of vector) {
      if (!Number.isFinite(value))
        throw new StudioError('not_finite', `A matrix that is to be decomposed contains the value ${value}.`);
      greatest = Math.max(greatest, Math.abs(value));
    }
  if (greatest === 0) return 1;
  const exponent = Math.max(-1022, Math.floor(Math.log2(greatest)));
  const back = 2 ** exponent;
  for (const vector of vectors)
    for (let index = 0; index < vector.length; index++) vector[index] = (vector[index] ?? 0) / back;
  return back;
}

/** Returns true if the entry with the greatest magnitude, or the first of those equal up to rounding, is negative. */
export function pointsBack(x: Float64Array): boolean {
  let greatest = 0;
  for (const value of x) greatest = Math.max(greatest, Math.abs(value));
  return (x.find((value) => Math.abs(value) >= greatest * (1 - 1e-8)) ?? 0) < 0;
}

/** The first `count` columns of the identity of `size` rows. */
export function unitVectors(count: number, size: number): Float64Array[] {
  return Array.from({ length: count }, (_, index) => {
    const vector = new Float64Array(size);
    vector[index] = 1;
    return vector;
  });
}
