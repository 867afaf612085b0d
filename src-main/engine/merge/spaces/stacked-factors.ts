import { type Matrix, matmul, toFloat32 } from '../../linalg/index.ts';
import { layRows, scaleInto } from '../../tensors/float-arrays.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { mixColumns, mixRows } from '../../tensors/stacked-products.ts';
import { type AdapterUpdate, sum } from '../merge-method.ts';

type Allocate = (length: number) => Float32Array;

/** √|scaling|, which both factors take; a negative sign goes to A. */
export function rootOf({ scaling }: Pick<AdapterUpdate, 'scaling'>, part: 'a' | 'b'): number {
  return (part === 'a' && scaling < 0 ? -1 : 1) * Math.sqrt(Math.abs(scaling));
}

/** The factors side by side as they are stored, without scalings: A [Σ rᵢ, in] or B [out, Σ rᵢ]. */
export function stacked(updates: readonly AdapterUpdate[], part: 'a' | 'b', allocate: Allocate): HostTensor {
  const length = lengthOf(updates, part);
  const count = sum(updates.map(({ rank }) => rank));
  const data = allocate(count * length);
  let first = 0;
  for (const update of updates) {
    if (part === 'a') scaleInto(data, first * length, update.a.data, 1);
    else layRows(data, first, count, update.b.data, update.rank);
    first += update.rank;
  }
  return { shape: part === 'a' ? [count, length] : [length, count], data };
}

/**
 * The stacked factors with √scaling in them, multiplied by `mix`: mix·A, or B·mix. Summed in double precision and rounded
 * once.
 */
export function mixed(updates: readonly AdapterUpdate[], part: 'a' | 'b', mix: Matrix, allocate: Allocate): HostTensor {
  const length = lengthOf(updates, part);
  const shape = part === 'a' ? [mix.shape[0], length] : [length, mix.shape[1]];
  const data = allocate((shape[0] ?? 0) * (shape[1] ?? 0));
  const parts = updates.map((update) => ({
    values: update[part].data,
    count: update.rank,
    vectorStride: part === 'a' ? length : 1,
    entryStride: part === 'a' ? 1 : update.rank,
    scale: rootOf(update, part),
  }));
  const isDone = part === 'a' ? mixRows(mix, parts, data) : mixColumns(mix, parts, data);
  if (!isDone) {
    const factors = scaledStack(updates, part);
    const product = part === 'a' ? matmul(mix, factors) : matmul(factors, mix);
    data.set(toFloat32(product).data);
  }
  return { shape, data };
}

function scaledStack(updates: readonly AdapterUpdate[], part: 'a' | 'b'): Matrix {
  const { shape, data } = stacked(updates, part, (length) => new Float32Array(length));
  const [rows = 0, columns = 0] = shape;
  const roots = updates.flatMap((update) => new Array<number>(update.rank).fill(rootOf(update, part)));
  const rootAt = (at: number) => roots[part === 'a' ? Math.floor(at / columns) : at % columns] ?? 0;
  return { shape: [rows, columns], data: Float64Array.from(data, (value, at) => rootAt(at) * value) };
}

function lengthOf(updates: readonly AdapterUpdate[], part: 'a' | 'b'): number {
  return updates[0]?.[part].shape[part === 'a' ? 1 : 0] ?? 0;
}
