import { commonSpace, FloatArena } from './staging.ts';

/** Smaller matrices are not worth the copies; larger ones would keep too much memory. */
const [least, most] = [16, 512];

export interface EigenPairs {
  /** [n], in no order. */
  readonly values: Float64Array;
  /** The unit vector of each value. */
  readonly vectors: Float64Array[];
}

let arena: FloatArena | null = null;

/**
 * Eigenvalues and vectors of a symmetric matrix of these rows by a WebAssembly kernel; null where it is too small or
 * large for it.
 * @throws Error where a value is not found
 */
export function eigenByKernel(rows: readonly Float64Array[]): EigenPairs | null {
  const size = rows.length;
  if (size < least || size > most) return null;
  arena ??= new FloatArena();
  const doubles = 3 * size * size + 4 * size;
  arena.reserve(2 * doubles, 1);
  const memory = arena.allocate(2 * doubles);
  const space = memory && commonSpace([memory]);
  if (!memory || !space) return null;
  const all = new Float64Array(memory.buffer, memory.byteOffset, doubles);
  for (const [index, row] of rows.entries()) all.set(row, index * size);
  const at = (offset: number) => memory.byteOffset + 8 * offset;
  const [values, vectors, reflections, work] = [3 * size * size, size * size, 2 * size * size, 3 * size * size + size];
  const found = space.run('symmetric_eigen', at(0), at(values), at(vectors), at(reflections), at(work), size);
  if (found !== 1) throw new Error('an eigenvalue was not found');
  return {
    values: all.slice(values, values + size),
    vectors: rows.map((_, index) => all.slice(vectors + index * size, vectors + (index + 1) * size)),
  };
}
