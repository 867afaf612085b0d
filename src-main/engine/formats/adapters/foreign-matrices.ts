import type { MatrixLike } from '../../linalg/index.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';

/** The axes behind the first become one. */
export function flattened({ shape, data }: HostTensor): MatrixLike {
  const [rows = 1] = shape;
  return { shape: [rows, elementCount(shape) / rows], data };
}

export function sizes({ shape }: MatrixLike): [rows: number, columns: number] {
  return [shape[0] ?? 0, shape[1] ?? 0];
}

export function scaledBy({ shape, data }: MatrixLike, factor: number): MatrixLike {
  return { shape, data: Float64Array.from(data, (value) => value * factor) };
}

/** Rows of the matrix, each times its factor. */
export function rowsTimes(matrix: MatrixLike, factors: ArrayLike<number>): MatrixLike {
  const [, columns] = sizes(matrix);
  return {
    shape: matrix.shape,
    data: Float64Array.from(matrix.data, (value, at) => value * (factors[Math.floor(at / columns)] ?? 0)),
  };
}

export function combined(one: MatrixLike, other: MatrixLike, combine: (a: number, b: number) => number): MatrixLike {
  return { shape: one.shape, data: Float64Array.from(one.data, (value, at) => combine(value, other.data[at] ?? 0)) };
}

export function difference(one: MatrixLike, other: MatrixLike): MatrixLike {
  return combined(one, other, (a, b) => a - b);
}

/** [one | other], of equal heights. */
export function beside(one: MatrixLike, other: MatrixLike): MatrixLike {
  const [rows, width] = sizes(one);
  const [, further] = sizes(other);
  const data = new Float64Array(rows * (width + further));
  for (let row = 0; row < rows; row++) {
    const from = row * (width + further);
    for (let column = 0; column < width; column++) data[from + column] = one.data[row * width + column] ?? 0;
    for (let column = 0; column < further; column++)
      data[from + width + column] = other.data[row * further + column] ?? 0;
  }
  return { shape: [rows, width + further], data };
}

export function above(one: MatrixLike, other: MatrixLike): MatrixLike {
  const [rows, columns] = sizes(one);
  return {
    shape: [rows + sizes(other)[0], columns],
    data: Float64Array.from([...Array.from(one.data), ...Array.from(other.data)]),
  };
}

/** w1_aᵀ · t · w1_b for each place of the window: [out, channels · window] of factors [r, out], [r, channels] and [r, r, window…]. */
export function tuckerWeight(core: HostTensor, outputs: HostTensor, channels: HostTensor): MatrixLike {
  const [r1 = 0, r2 = 0, ...window] = core.shape;
  const [places, out, width] = [elementCount(window), outputs.shape[1] ?? 0, channels.shape[1] ?? 0];
  const data = new Float64Array(out * width * places);
  for (let i = 0; i < r1; i++)
    for (let j = 0; j < r2; j++)
      for (let place = 0; place < places; place++) {
        const value = core.data[(i * r2 + j) * places + place] ?? 0;
        for (let row = 0; row < out; row++) {
          const factor = value * (outputs.data[i * out + row] ?? 0);
          for (let column = 0; column < width; column++) {
            const at = (row * width + column) * places + place;
            data[at] = (data[at] ?? 0) + factor * (channels.data[j * width + column] ?? 0);
          }
        }
      }
  return { shape: [out, width * places], data };
}

export function kronecker(one: MatrixLike, other: MatrixLike): MatrixLike {
  const [[r1, c1], [r2, c2]] = [sizes(one), sizes(other)];
  const data = new Float64Array(r1 * r2 * c1 * c2);
  for (let i = 0; i < r1; i++)
    for (let j = 0; j < c1; j++) {
      const value = one.data[i * c1 + j] ?? 0;
      for (let p = 0; p < r2; p++)
        for (let q = 0; q < c2; q++) data[(i * r2 + p) * c1 * c2 + j * c2 + q] = value * (other.data[p * c2 + q] ?? 0);
    }
  return { shape: [r1 * r2, c1 * c2], data };
}

/** A⁻¹·B by elimination with pivots. */
export function solved(a: number[][], b: number[][]): number[][] {
  const size = a.length;
  const at = (rows: number[][], row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let row = column + 1; row < size; row++)
      if (Math.abs(at(a, row, column)) > Math.abs(at(a, pivot, column))) pivot = row;
    for (const rows of [a, b]) [rows[column], rows[pivot]] = [rows[pivot] ?? [], rows[column] ?? []];
    const divisor = at(a, column, column);
    for (const rows of [a, b]) rows[column] = rows[column]?.map((value) => value / divisor) ?? [];
    for (let row = 0; row < size; row++) {
      const factor = at(a, row, column);
      if (row === column || factor === 0) continue;
      for (const rows of [a, b])
        rows[row] = rows[row]?.map((value, index) => value - factor * at(rows, column, index)) ?? [];
    }
  }
  return b;
}

/** Multiplies each block of consecutive rows by its matrix. */
export function blockwise(matrix: MatrixLike, size: number, blockOf: (block: number) => number[][]): MatrixLike {
  const [rows, columns] = sizes(matrix);
  const data = new Float64Array(rows * columns);
  for (let block = 0; block * size < rows; block++)
    for (const [row, factors] of blockOf(block).entries()) {
      const to = (block * size + row) * columns;
      for (const [from, factor] of factors.entries())
        for (let column = 0; column < columns; column++)
          data[to + column] =
            (data[to + column] ?? 0) + factor * (matrix.data[(block * size + from) * columns + column] ?? 0);
    }
  return { shape: [rows, columns], data };
}

export function reordered(matrix: MatrixLike, sourceOf: (row: number) => number): MatrixLike {
  const [rows, columns] = sizes(matrix);
  const data = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const from = sourceOf(row) * columns;
    for (let column = 0; column < columns; column++) data[row * columns + column] = matrix.data[from + column] ?? 0;
  }
  return { shape: [rows, columns], data };
}

/** W [out, channels · window] times a matrix [channels, channels], place by place of the window. */
export function channelsTimes(weight: MatrixLike, matrix: MatrixLike): MatrixLike {
  const [rows, columns] = sizes(weight);
  const [channels, width] = sizes(matrix);
  const places = columns / channels;
  const data = new Float64Array(rows * width * places);
  for (let row = 0; row < rows; row++)
    for (let channel = 0; channel < channels; channel++)
      for (let place = 0; place < places; place++) {
        const value = weight.data[row * columns + channel * places + place] ?? 0;
        for (let to = 0; to < width; to++) {
          const at = (row * width + to) * places + place;
          data[at] = (data[at] ?? 0) + value * (matrix.data[channel * width + to] ?? 0);
        }
      }
  return { shape: [rows, width * places], data };
}
