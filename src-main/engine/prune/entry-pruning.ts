import type { AdapterState, ModuleState } from '../adapters/variant/state.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { isFactor, type Pruned, refuseNotFinite, requireFactors } from './prune-method.ts';

/** A factor whose entries may be zeroed in place. */
export interface PrunedFactor {
  /** Name of the module. */
  readonly name: string;
  readonly part: 'a' | 'b';
  /** [rows, columns] */
  readonly shape: readonly number[];
  /** A copy of the factor's. */
  readonly values: Float32Array;
}

/**
 * Zeroes entries of the factors. Heads, biases and magnitudes are neither pruned nor counted.
 * @param zero sets entries of the copies to zero and returns how many it keeps.
 */
export function pruneEntries(
  state: AdapterState,
  method: string,
  zero: (factors: readonly PrunedFactor[]) => number,
): Pruned {
  requireFactors(state, method);
  refuseNotFinite(state);
  const modules = new Map<string, ModuleState>();
  const factors: PrunedFactor[] = [];
  for (const [name, module] of state.modules) {
    const copies = new Map<string, HostTensor>();
    for (const [part, tensor] of module.tensors) {
      if (!isFactor(part)) {
        copies.set(part, tensor);
        continue;
      }
      const values = Float32Array.from(tensor.data);
      factors.push({ name, part, shape: tensor.shape, values });
      copies.set(part, { shape: tensor.shape, data: values });
    }
    modules.set(name, { ...module, tensors: copies });
  }
  const kept = zero(factors);
  const total = factors.reduce((count, { values }) => count + values.length, 0);
  return { state: { ...state, modules }, kept, total };
}
