import { layRows, scaleInto } from '../../tensors/float-arrays.ts';
import { type LowRankUpdate, type MergedUpdate, sum } from '../merge-method.ts';

/**
 * Σ wᵢ·ΔWᵢ exactly: A is the rows of all wᵢ·sᵢ·Aᵢ, B the columns of all Bᵢ; rank Σ rᵢ, scaling 1.
 * @param allocate returns memory for the results, uninitialized. Default: new memory.
 */
export function concatenated(
  updates: readonly LowRankUpdate[],
  weights: readonly number[],
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): LowRankUpdate {
  const rank = sum(updates.map((update) => update.rank));
  const inputs = updates[0]?.a.shape[1] ?? 0;
  const outputs = updates[0]?.b.shape[0] ?? 0;
  const a = allocate(rank * inputs);
  const b = allocate(outputs * rank);
  let row = 0;
  for (const [index, update] of updates.entries()) {
    scaleInto(a, row * inputs, update.a.data, (weights[index] ?? 0) * update.scaling);
    layRows(b, row, rank, update.b.data, update.rank);
    row += update.rank;
  }
  return { a: { shape: [rank, inputs], data: a }, b: { shape: [outputs, rank], data: b }, rank, scaling: 1 };
}

/** The same of adapters' own factors: B is theirs, and a factor of at most 1 leaves the numbers of A finite. */
export function concatenatedInputs(...[updates, weights, allocate]: Parameters<typeof concatenated>): MergedUpdate {
  const shrinks = updates.every(({ scaling }, index) => Math.abs((weights[index] ?? 0) * scaling) <= 1);
  return { ...concatenated(updates, weights, allocate), finite: { a: shrinks, b: true } };
}
