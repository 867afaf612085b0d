import { layRows } from '../../tensors/float-arrays.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { LowRankUpdate } from '../variant/variant.ts';

interface Pair<T> {
  readonly a: T;
  readonly b: T;
}
type Shaped = { readonly shape: readonly number[] };

/** The inner size of `granularProduct`. */
export function granularRank(blocks: Pair<Shaped>, general: Pair<Shaped> | null): number {
  const [k = 0, , r = 0] = blocks.a.shape;
  return k * r + (general?.a.shape[0] ?? 0);
}

/**
 * GraLoRA's update as one product, exactly: each of the k² blocks has r / k ranks of its own, whose rows of A reach over the inputs of
 * its block alone and whose columns of B over its outputs; the LoRA beside comes after them. `blocks.a` [k, in / k, r], `blocks.b`
 * [k, r, out / k], `general.a` [h, in], `general.b` [out, h].
 */
export function granularProduct(
  blocks: Pair<HostTensor>,
  general: Pair<HostTensor> | null,
  scaling: number,
): LowRankUpdate {
  const [k = 0, width = 0, r = 0] = blocks.a.shape;
  const height = blocks.b.shape[2] ?? 0;
  const [own, inputs, outputs] = [r / k, k * width, k * height];
  const rank = granularRank(blocks, general);
  const a = new Float32Array(rank * inputs);
  const b = new Float32Array(outputs * rank);
  for (let n = 0; n < k; n++)
    for (let j = 0; j < k; j++)
      for (let s = 0; s < own; s++) {
        const place = n * r + j * own + s;
        for (let input = 0; input < width; input++)
          a[place * inputs + n * width + input] = blocks.a.data[(n * width + input) * r + j * own + s] ?? 0;
        for (let output = 0; output < height; output++)
          b[(j * height + output) * rank + place] = blocks.b.data[(j * r + n * own + s) * height + output] ?? 0;
      }
  if (general) {
    const beside = general.a.shape[0] ?? 0;
    a.set(general.a.data, k * r * inputs);
    layRows(b, k * r, rank, general.b.data, beside);
  }
  return { a: { shape: [rank, inputs], data: a }, b: { shape: [outputs, rank], data: b }, scaling };
}
