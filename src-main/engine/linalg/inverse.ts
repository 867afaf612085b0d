import type { Matrix } from './matrix.ts';

/** Pivots below this share of the largest entry count as zero. */
const negligible = 1e-13;

/** The inverse of a square matrix by Gauss-Jordan elimination with partial pivoting; null where it is singular. */
export function inverse({ shape: [size], data }: Matrix): Matrix | null {
  const left = Float64Array.from(data);
  const right = new Float64Array(size * size);
  for (let at = 0; at < size; at++) right[at * size + at] = 1;
  const limit = negligible * left.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let column = 0; column < size; column++) {
    const pivot = pivotRow(left, size, column);
    const value = left[pivot * size + column] ?? 0;
    if (!(Math.abs(value) > limit)) return null;
    for (const matrix of [left, right]) {
      swapRows(matrix, size, pivot, column);
      for (let at = 0; at < size; at++) matrix[column * size + at] = (matrix[column * size + at] ?? 0) / value;
    }
    for (let row = 0; row < size; row++) {
      const factor = row === column ? 0 : (left[row * size + column] ?? 0);
      if (factor === 0) continue;
      for (const matrix of [left, right])
        for (let at = 0; at < size; at++)
          matrix[row * size + at] = (matrix[row * size + at] ?? 0) - factor * (matrix[column * size + at] ?? 0);
    }
  }
  return { shape: [size, size], data: right };
}

/** The row from `column` down whose entry in that column is largest. */
function pivotRow(data: Float64Array, size: number, column: number): number {
  let pivot = column;
  for (let row = column + 1; row < size; row++)
    if (Math.abs(data[row * size + column] ?? 0) > Math.abs(data[pivot * size + column] ?? 0)) pivot = row;
  return pivot;
}

function swapRows(data: Float64Array, size: number, one: number, other: number): void {
  if (one === other) return;
  const kept = data.slice(one * size, (one + 1) * size);
  data.copyWithin(one * size, other * size, (other + 1) * size);
  data.set(kept, other * size);
}
