import { describe, expect, test } from 'vitest';
import { gram, matmul, symmetricEigen, toFloat32, transpose } from '../../../src-main/engine/linalg/index.ts';
import { mixed, stacked } from '../../../src-main/engine/merge/spaces/stacked-factors.ts';
import { eigenByKernel } from '../../../src-main/engine/tensors/eigen-kernel.ts';
import { multiplyDoubles } from '../../../src-main/engine/tensors/stacked-products.ts';
import { FloatArena } from '../../../src-main/engine/tensors/staging.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { relativeDifference } from '../golden.ts';

const random = RandomStream.seeded(3, 'merge');
const normals = (length: number) => Float32Array.from({ length }, () => random.normal());

/** Two updates of ranks 3 and 5 on 192 → 128 features, in an arena and outside of it. */
function updatesIn(arena: FloatArena | null) {
  return [3, 5].map((rank, adapter) => {
    const place = (shape: [number, number], values: Float32Array) => {
      const data = arena?.allocate(values.length) ?? new Float32Array(values.length);
      data.set(values);
      return { shape, data };
    };
    const own = factors[adapter] ?? { a: new Float32Array(), b: new Float32Array() };
    return {
      adapter,
      rank,
      scaling: adapter === 0 ? 2 : -0.5,
      a: place([rank, 192], own.a),
      b: place([128, rank], own.b),
    };
  });
}
const factors = [3, 5].map((rank) => ({ a: normals(rank * 192), b: normals(128 * rank) }));

function arenaOf(): FloatArena {
  const arena = new FloatArena();
  arena.reserve(2 ** 16, 32);
  return arena;
}

describe('by the kernels of an arena', () => {
  test.each(['rows', 'columns'] as const)('products of all %s are those of plain memory', (along) => {
    const part = along === 'rows' ? 'a' : 'b';
    const vectors = (arena: FloatArena | null) =>
      updatesIn(arena).map((update) => ({ matrix: update[part], scale: 1.5 + update.adapter }));
    const fast = gram(vectors(arenaOf()), along);
    const all = vectors(null).map(({ matrix, scale }) => {
      const scaled = { shape: matrix.shape, data: Float64Array.from(matrix.data, (value) => scale * value) };
      return along === 'rows' ? scaled : transpose(scaled);
    });
    const stack = { shape: [8, all[0]?.shape[1] ?? 0], data: Float64Array.from(all.flatMap(({ data }) => [...data])) };
    const expected = matmul(stack, transpose(stack)).data;
    expect(relativeDifference(fast.data, expected)).toBeLessThan(1e-14);
    expect(relativeDifference(gram(vectors(null), along).data, expected)).toBeLessThan(1e-14);
  });

  test.each(['a', 'b'] as const)('mixed and stacked factors %s are those of plain memory, to a float', (part) => {
    const arena = arenaOf();
    const inArena = updatesIn(arena);
    const allocate = (length: number) => arena.allocate(length) ?? new Float32Array(length);
    const shape: [number, number] = part === 'a' ? [12, 8] : [8, 12];
    const mix = { shape, data: Float64Array.from({ length: 96 }, () => random.normal()) };
    const plain = (length: number) => new Float32Array(length);
    expect(stacked(inArena, part, allocate)).toEqual(stacked(updatesIn(null), part, plain));
    const [fast, slow] = [mixed(inArena, part, mix, allocate), mixed(updatesIn(null), part, mix, plain)];
    expect(fast.shape).toEqual(slow.shape);
    expect(relativeDifference(fast.data, slow.data)).toBeLessThan(2e-7);
  });

  test('small matrices are multiplied in doubles; odd sides are left to others', () => {
    const draw = (rows: number, columns: number) => ({
      shape: [rows, columns] as const,
      data: Float64Array.from({ length: rows * columns }, () => random.normal()),
    });
    const [a, b] = [draw(8, 5), draw(5, 12)];
    expect(relativeDifference(multiplyDoubles(a, b) ?? [], matmul(a, b).data)).toBeLessThan(1e-14);
    expect(multiplyDoubles(draw(3, 4), draw(4, 4))).toBeNull();
  });
});

test.each([16, 33, 128])('eigenvalues and vectors of a symmetric %i × %i by the kernel', (size) => {
  const half = { shape: [size, size], data: normals(size * size) };
  const matrix = matmul(half, transpose(half));
  const rows = Array.from({ length: size }, (_, row) => matrix.data.slice(row * size, (row + 1) * size));
  const pairs = eigenByKernel(rows);
  if (pairs === null) throw new Error('the kernel did not run');
  for (const [index, vector] of pairs.vectors.entries()) {
    const image = rows.map((row) => row.reduce((sum, value, at) => sum + value * (vector[at] ?? 0), 0));
    const value = pairs.values[index] ?? Number.NaN;
    expect(Math.max(...image.map((entry, at) => Math.abs(entry - value * (vector[at] ?? 0))))).toBeLessThan(
      1e-11 * size,
    );
    expect(Math.abs(Math.hypot(...vector) - 1)).toBeLessThan(1e-12);
  }
  const { values } = symmetricEigen(toFloat32(matrix));
  expect(values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0))).toBe(true);
  expect(eigenByKernel(rows.slice(0, 3))).toBeNull();
});
