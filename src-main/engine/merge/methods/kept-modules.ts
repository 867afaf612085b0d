import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { AdapterUpdate, LowRankUpdate, MergePass } from '../merge-method.ts';

/** A module of all adapters that have it, copied, so that it stays while candidates are tried. */
export interface KeptModule {
  readonly name: string;
  readonly layer: number | null;
  readonly updates: readonly AdapterUpdate[];
  readonly weights: readonly number[];
}

/** All modules in memory. */
export async function keepModules(pass: MergePass): Promise<KeptModule[]> {
  const kept: KeptModule[] = [];
  for await (const { updates, weights, context } of pass.modules()) {
    const own = updates.map((update) => ({ ...update, a: copyOf(update.a), b: copyOf(update.b) }));
    kept.push({ name: context.name, layer: context.layer, updates: own, weights });
    await pass.progress('Reading the adapters', kept.length, pass.names.length);
  }
  return kept;
}

/**
 * Σ ΔWᵢ with the factors side by side: A [Σ rᵢ, in] and B [out, Σ rᵢ], scaling 1. Row and column k of adapter i are made
 * from its factors by `scaleA` (by entry of A) and `scaleB`, which includes the adapter's scaling.
 */
export function sideBySide(
  updates: readonly AdapterUpdate[],
  scaleA: (index: number, column: number) => number,
  scaleB: (index: number) => number,
): LowRankUpdate {
  const rank = updates.reduce((total, update) => total + update.rank, 0);
  const inputs = updates[0]?.a.shape[1] ?? 0;
  const outputs = updates[0]?.b.shape[0] ?? 0;
  const a = new Float32Array(rank * inputs);
  const b = new Float32Array(outputs * rank);
  let first = 0;
  for (const [index, update] of updates.entries()) {
    for (let at = 0; at < update.a.data.length; at++)
      a[first * inputs + at] = scaleA(index, at % inputs) * (update.a.data[at] ?? 0);
    const factor = scaleB(index);
    for (let at = 0; at < update.b.data.length; at++) {
      const row = Math.floor(at / update.rank);
      b[row * rank + first + (at % update.rank)] = factor * (update.b.data[at] ?? 0);
    }
    first += update.rank;
  }
  return { a: { shape: [rank, inputs], data: a }, b: { shape: [outputs, rank], data: b }, rank, scaling: 1 };
}

/** The modules by their names. */
export function byName(kept: readonly KeptModule[]): ReadonlyMap<string, KeptModule> {
  return new Map(kept.map((module) => [module.name, module]));
}

function copyOf(tensor: HostTensor): HostTensor {
  return { shape: tensor.shape, data: tensor.data.slice() };
}
