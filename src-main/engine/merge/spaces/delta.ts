import { matmul } from '../../linalg/index.ts';
import type { LowRankUpdate } from '../merge-method.ts';

/** Entries that are formed at a time in double precision: they stay in the second-level cache. */
const block = 2 ** 17;

/** A full ΔW [out, in]. */
export interface Delta {
  readonly shape: readonly [outputs: number, inputs: number];
  readonly data: Float32Array;
}

/** ΔW = scaling · B·A by its rows, so that not all of it is in memory. */
export class DeltaRows implements Delta {
  readonly shape: readonly [number, number];
  private readonly a: { readonly shape: readonly [number, number]; readonly data: Float64Array };
  /** Times the scaling. */
  private readonly b: Float64Array;
  private kept: Float32Array | null = null;

  constructor({ a, b, rank, scaling }: LowRankUpdate) {
    const [outputs = 0, inputs = 0] = [b.shape[0], a.shape[1]];
    this.shape = [outputs, inputs];
    this.a = { shape: [rank, inputs], data: new Float64Array(a.data) };
    this.b = new Float64Array(b.data);
    for (let at = 0; at < this.b.length; at++) this.b[at] = scaling * (this.b[at] ?? 0);
  }

  /** Rows from `first` on, in new memory; each entry is summed in double precision and rounded once. */
  rows(first: number, count: number): Float32Array {
    const [, inputs] = this.shape;
    const data = new Float32Array(count * inputs);
    const [rank] = this.a.shape;
    const step = Math.max(1, Math.floor(block / Math.max(1, inputs)));
    const scratch = count > step ? new Float64Array(step * inputs) : undefined;
    for (let start = 0; start < count; start += step) {
      const now = Math.min(step, count - start);
      const own = this.b.subarray((first + start) * rank, (first + start + now) * rank);
      const product = matmul({ shape: [now, rank], data: own }, this.a, scratch?.subarray(0, now * inputs));
      data.set(product.data, start * inputs);
    }
    return data;
  }

  /** All rows, which stay in memory. */
  get data(): Float32Array {
    this.kept ??= this.rows(0, this.shape[0]);
    return this.kept;
  }
}

/** ΔW = scaling · B·A [out, in] in full, each entry summed in double precision and rounded once. */
export function deltaOf(update: LowRankUpdate): Delta {
  const { shape, data } = new DeltaRows(update);
  return { shape, data };
}
