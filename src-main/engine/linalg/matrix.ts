import type { HostTensor } from '../tensors/host-tensor.ts';

/** A matrix to read, row-major: a `HostTensor` of rank 2 or a `Matrix`. */
export interface MatrixLike {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A matrix [rows, columns] in double precision, row-major. */
export interface Matrix {
  readonly shape: readonly [number, number];
  readonly data: Float64Array;
}

/** Rows and columns. @throws Error where the shape is not a matrix's or does not fit the data. */
export function sizeOf({ shape, data }: MatrixLike): [rows: number, columns: number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined)
    throw new Error(`expected a matrix, not a tensor of shape [${shape.join(', ')}]`);
  if (data.length !== rows * columns)
    throw new Error(`a matrix [${rows}, ${columns}] has ${rows * columns} values, not ${data.length}`);
  return [rows, columns];
}

/** Rounded once to float32. */
export function toFloat32({ shape, data }: Matrix): HostTensor {
  return { shape, data: new Float32Array(data) };
}

/** Rows that are transposed at a time, so that what is written stays in the cache. */
const tile = 16;

export function transpose(matrix: MatrixLike): Matrix {
  const [rows, columns] = sizeOf(matrix);
  const from = matrix.data;
  const data = new Float64Array(rows * columns);
  for (let top = 0; top < rows; top += tile)
    for (let column = 0; column < columns; column++)
      for (let row = top; row < Math.min(rows, top + tile); row++)
        data[column * rows + row] = from[row * columns + column] ?? 0;
  return { shape: [columns, rows], data };
}

/** Copies of the rows. */
export function toRows(matrix: MatrixLike): Float64Array[] {
  const [rows, columns] = sizeOf(matrix);
  const { data } = matrix;
  return Array.from({ length: rows }, (_, row) => {
    const values = new Float64Array(columns);
    for (let column = 0; column < columns; column++) values[column] = data[row * columns + column] ?? 0;
    return values;
  });
}

/** Copies of the columns. */
export function toColumns(matrix: MatrixLike): Float64Array[] {
  const [rows, columns] = sizeOf(matrix);
  const { data } = matrix;
  return Array.from({ length: columns }, (_, column) => {
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = data[row * columns + column] ?? 0;
    return values;
  });
}

/** The matrix [rows.length, columns] with these rows. */
export function fromRows(rows: readonly Float64Array[], columns: number): Matrix {
  return { shape: [rows.length, columns], data: flat(rows, columns) };
}

/** The matrix [rows, columns.length] with these columns. */
export function fromColumns(columns: readonly Float64Array[], rows: number): Matrix {
  const count = columns.length;
  const data = new Float64Array(rows * count);
  columns.forEach((values, column) => {
    for (let row = 0; row < rows; row++) data[row * count + column] = values[row] ?? 0;
  });
  return { shape: [rows, count], data };
}

function flat(vectors: readonly Float64Array[], length: number): Float64Array {
  const data = new Float64Array(vectors.length * length);
  vectors.forEach((values, index) => {
    data.set(values, index * length);
  });
  return data;
}
