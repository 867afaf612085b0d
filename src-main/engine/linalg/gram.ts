import { stackedProducts } from '../tensors/stacked-products.ts';
import { type Matrix, type MatrixLike, sizeOf } from './matrix.ts';

/** Vectors that are the rows or columns of a matrix, multiplied by `scale`. */
export interface ScaledVectors {
  readonly matrix: MatrixLike;
  readonly scale: number;
}

/** Entries of each vector that are multiplied at a time: a panel of 128 vectors then stays in the second-level cache. */
const depth = 64;
/** Vectors are padded to a multiple of this, the side of a tile of dot products that is summed in registers. */
const tile = 4;

/**
 * The products of every vector with every other one, [n, n], in double precision. The vectors are the rows of all
 * matrices, one matrix after the other, or their columns.
 */
export function gram(vectors: readonly ScaledVectors[], along: 'rows' | 'columns'): Matrix {
  const sizes = vectors.map(({ matrix }) => sizeOf(matrix));
  const counts = sizes.map(([rows, columns]) => (along === 'rows' ? rows : columns));
  const lengths = sizes.map(([rows, columns]) => (along === 'rows' ? columns : rows));
  const length = lengths[0] ?? 0;
  if (lengths.some((other) => other !== length)) throw new Error(`vectors of ${lengths.join(' and ')} entries`);
  const n = counts.reduce((total, count) => total + count, 0);
  const stacked = vectors.map(({ matrix, scale }, index) => {
    const columns = matrix.shape[1] ?? 0;
    const [vectorStride, entryStride] = along === 'rows' ? [columns, 1] : [1, columns];
    return { values: matrix.data, count: counts[index] ?? 0, vectorStride, entryStride, scale };
  });
  const fast = stackedProducts(stacked, length);
  if (fast !== null) return { shape: [n, n], data: mirrored(fast, n, n) };
  const padded = Math.ceil(n / tile) * tile;
  const panel = new Float64Array(padded * depth);
  const sums = new Float64Array(padded * padded);
  for (let start = 0; start < length; start += depth) {
    const now = Math.min(depth, length - start);
    let first = 0;
    for (const [index, part] of vectors.entries()) {
      fill(panel, first, part, counts[index] ?? 0, start, now, along);
      first += counts[index] ?? 0;
    }
    addProducts(sums, panel, padded, now);
  }
  return { shape: [n, n], data: mirrored(sums, n, padded) };
}

/** Lays entries `start` to `start + now` of each vector into a row of the panel. */
function fill(
  panel: Float64Array,
  first: number,
  { matrix: { data, shape }, scale }: ScaledVectors,
  count: number,
  start: number,
  now: number,
  along: 'rows' | 'columns',
): void {
  const columns = shape[1] ?? 0;
  const [vectorStride, entryStride] = along === 'rows' ? [columns, 1] : [1, columns];
  for (let vector = 0; vector < count; vector++) {
    const row = (first + vector) * depth;
    const source = vector * vectorStride + start * entryStride;
    for (let at = 0; at < now; at++) panel[row + at] = scale * (data[source + at * entryStride] ?? 0);
  }
}

/** sums += panel · panelᵀ at and below the diagonal, in tiles of four by four. */
function addProducts(sums: Float64Array, panel: Float64Array, padded: number, now: number): void {
  for (let row = 0; row < padded; row += tile)
    for (let column = 0; column <= row; column += tile) addTile(sums, panel, padded, now, row, column);
}

function addTile(
  sums: Float64Array,
  panel: Float64Array,
  padded: number,
  now: number,
  row: number,
  column: number,
): void {
  for (let one = row; one < row + tile; one++) {
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    const from = one * depth;
    const other = column * depth;
    for (let at = 0; at < now; at++) {
      const value = panel[from + at] ?? 0;
      sum0 += value * (panel[other + at] ?? 0);
      sum1 += value * (panel[other + depth + at] ?? 0);
      sum2 += value * (panel[other + 2 * depth + at] ?? 0);
      sum3 += value * (panel[other + 3 * depth + at] ?? 0);
    }
    const target = one * padded + column;
    sums[target] = (sums[target] ?? 0) + sum0;
    sums[target + 1] = (sums[target + 1] ?? 0) + sum1;
    sums[target + 2] = (sums[target + 2] ?? 0) + sum2;
    sums[target + 3] = (sums[target + 3] ?? 0) + sum3;
  }
}

function mirrored(sums: Float64Array, n: number, padded: number): Float64Array {
  const data = new Float64Array(n * n);
  for (let row = 0; row < n; row++)
    for (let column = 0; column <= row; column++) {
      const value = sums[row * padded + column] ?? 0;
      data[row * n + column] = value;
      data[column * n + row] = value;
    }
  return data;
}
