import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { LowRankUpdate } from '../variant/variant.ts';

/**
 * s · (B₁·A₁) ∘ (B₂·A₂) as one product, exactly: the rows of A [r₁r₂, in] are all products of a row of A₁ with one of A₂, the
 * columns of B [out, r₁r₂] those of a column of B₁ with one of B₂ (Khatri-Rao products). A₁ [r₁, in], B₁ [out, r₁] and so on.
 */
export function hadamardProduct(
  factors: Readonly<Record<'a1' | 'b1' | 'a2' | 'b2', HostTensor>>,
  scaling: number,
): LowRankUpdate {
  const { a1, b1, a2, b2 } = factors;
  const [r1 = 0, inputs = 0] = a1.shape;
  const [outputs = 0, r2 = 0] = b2.shape;
  const rank = r1 * r2;
  const a = new Float32Array(rank * inputs);
  const b = new Float32Array(outputs * rank);
  for (let i = 0; i < r1; i++)
    for (let j = 0; j < r2; j++) {
      const place = i * r2 + j;
      for (let column = 0; column < inputs; column++)
        a[place * inputs + column] = (a1.data[i * inputs + column] ?? 0) * (a2.data[j * inputs + column] ?? 0);
      for (let row = 0; row < outputs; row++)
        b[row * rank + place] = (b1.data[row * r1 + i] ?? 0) * (b2.data[row * r2 + j] ?? 0);
    }
  return { a: { shape: [rank, inputs], data: a }, b: { shape: [outputs, rank], data: b }, scaling };
}
