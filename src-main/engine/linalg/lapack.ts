import { type Floats, type LapackFunctions, offersLapack } from '../compute/native/addon.ts';
import { loadAddon } from '../compute/native/load-addon.ts';
import { type Matrix, type MatrixLike, sizeOf } from './matrix.ts';

/** Decompositions of fewer multiplications stay in JavaScript: they take less than a millisecond. */
const leastDecomposition = 32 ** 3;
/** Products of fewer multiplications stay in JavaScript. */
const leastProduct = 64 ** 3;

/**
 * LAPACK's routines on one thread, outside JavaScript's heap, for computations of at least `least` multiplications. Each
 * returns null for a smaller one, without the library, and where LAPACK fails or meets a value that is not finite: JavaScript
 * then decomposes, or reports what is wrong. The signs are those of JavaScript's routines.
 */
export const lapack = { svd, qr, symmetricEigen, solveSymmetric, multiply };

function svd(matrix: MatrixLike, least = leastDecomposition) {
  const [rows, columns] = sizeOf(matrix);
  const rank = Math.min(rows, columns);
  const addon = addonFor(rows * columns * rank, least);
  if (addon === null) return null;
  const u = zeros(rows, rank);
  const vt = zeros(rank, columns);
  const s = new Float64Array(rank);
  return addon.svd(rows, columns, floatsOf(matrix), u.data, s, vt.data) ? { u, s, vt } : null;
}

function qr(matrix: MatrixLike, least = leastDecomposition) {
  const [rows, columns] = sizeOf(matrix);
  const rank = Math.min(rows, columns);
  const addon = addonFor(rows * columns * rank, least);
  if (addon === null) return null;
  const q = zeros(rows, rank);
  const r = zeros(rank, columns);
  return addon.qr(rows, columns, floatsOf(matrix), q.data, r.data) ? { q, r } : null;
}

function symmetricEigen(matrix: MatrixLike, least = leastDecomposition) {
  const [size, columns] = sizeOf(matrix);
  const addon = addonFor(size ** 3, least);
  if (addon === null) return null;
  const values = new Float64Array(size);
  const vectors = zeros(size, size);
  return addon.symmetricEigen(size, columns, floatsOf(matrix), values, vectors.data) ? { values, vectors } : null;
}

function solveSymmetric(matrix: MatrixLike, right: MatrixLike, least = leastDecomposition): Matrix | null {
  const [size, columns] = sizeOf(matrix);
  const [count, width] = sizeOf(right);
  const addon = addonFor(size ** 2 * Math.max(size, count), least);
  if (addon === null) return null;
  const result = zeros(count, size);
  return addon.solveSymmetric(size, columns, floatsOf(matrix), count, width, floatsOf(right), result.data)
    ? result
    : null;
}

function multiply(a: MatrixLike, b: MatrixLike, least = leastProduct, target?: Float64Array): Matrix | null {
  const [rows, inner] = sizeOf(a);
  const [innerOfB, columns] = sizeOf(b);
  const addon = addonFor(rows * inner * columns, least);
  if (addon === null) return null;
  const result: Matrix = { shape: [rows, columns], data: target ?? new Float64Array(rows * columns) };
  return addon.multiplyDoubles(rows, inner, floatsOf(a), innerOfB, columns, floatsOf(b), result.data) ? result : null;
}

/** The addon where it has LAPACK and a computation is large enough for the call. */
function addonFor(multiplications: number, least: number): LapackFunctions | null {
  if (multiplications < least) return null;
  const loaded = loadAddon();
  return 'addon' in loaded && offersLapack(loaded.addon) && loaded.addon.hasLapack() ? loaded.addon : null;
}

function floatsOf({ data }: MatrixLike): Floats {
  return data instanceof Float64Array || data instanceof Float32Array ? data : Float64Array.from(data);
}

function zeros(rows: number, columns: number): Matrix {
  return { shape: [rows, columns], data: new Float64Array(rows * columns) };
}
