import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { gram } from '../../linalg/gram.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { requireLinear } from '../targets/target-modules.ts';
import type { AdapterState } from '../variant/state.ts';
import { type LowRankUpdate, withShared } from '../variant/variant.ts';
import { mergedWeight, onDevice } from './merged-weights.ts';

/** Squares of the Frobenius norm of ΔW, the merged weight minus the base's, by module. A variant without factors needs the base. */
export async function squaredNorms(
  state: AdapterState,
  description: ModelDescription,
  baseWeight: (name: string) => Promise<HostTensor>,
): Promise<Map<string, number>> {
  const { variant, modules } = state;
  const { lowRank } = variant.product;
  const squares = new Map<string, number>();
  for (const [name, own] of modules) {
    const adapted = withShared(requireLinear(description, name), own, state);
    if (lowRank !== null) {
      squares.set(name, squaredNorm(lowRank(adapted)));
      continue;
    }
    const weight = await baseWeight(name);
    const merged = await onDevice(adapted, (placed) => mergedWeight(variant, weight, placed, false));
    let sum = 0;
    for (const [at, value] of merged.data.entries()) sum += (value - (weight.data[at] ?? 0)) ** 2;
    squares.set(name, sum);
  }
  return squares;
}

/** ‖scaling · B·A‖² without the product itself: the sum over the entries of BᵀB times those of A·Aᵀ, in double precision. */
export function squaredNorm({ a, b, scaling }: LowRankUpdate): number {
  const ofA = gram([{ matrix: a, scale: 1 }], 'rows');
  const ofB = gram([{ matrix: b, scale: 1 }], 'columns');
  let sum = 0;
  for (let at = 0; at < ofA.data.length; at++) sum += (ofA.data[at] ?? 0) * (ofB.data[at] ?? 0);
  return scaling ** 2 * Math.max(0, sum);
}
