import { type MergeWeight, weightAt } from '../domain/merging/merge.ts';
import type { UpdateProducts } from '../domain/merging/update-products.ts';

/** Effect of the weights on a sum of updates Σ wᵢ·ΔWᵢ. */
export interface WeightEffect {
  readonly inputs: readonly {
    /** Share of the sum's squared norm; negative if the update opposes the sum. All shares add up to 1. */
    readonly share: number;
    /** Between the update itself and the sum. */
    readonly cosine: number;
  }[];
  /** The norm of the sum by the norms of its parts, added: 1 where all point the same way. */
  readonly kept: number;
}

/** Null where the sum is zero. */
export function weightEffect(
  { layers, products }: UpdateProducts,
  weights: readonly MergeWeight[],
): WeightEffect | null {
  const count = weights.length;
  const zeros = (): number[] => new Array<number>(count).fill(0);
  // Per input: ⟨wᵢ·ΔWᵢ, sum⟩, ⟨ΔWᵢ, sum⟩, ‖ΔWᵢ‖² and ‖wᵢ·ΔWᵢ‖².
  const [weighted, plain, energies, strengths] = [zeros(), zeros(), zeros(), zeros()];
  for (const [at, layer] of layers.entries()) {
    const here = weights.map((weight) => weightAt(weight, layer));
    const rows = products[at] ?? [];
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? [];
      const inner = here.reduce((sum, weight, j) => sum + weight * (row[j] ?? 0), 0);
      const own = here[i] ?? 0;
      weighted[i] = (weighted[i] ?? 0) + own * inner;
      plain[i] = (plain[i] ?? 0) + inner;
      energies[i] = (energies[i] ?? 0) + (row[i] ?? 0);
      strengths[i] = (strengths[i] ?? 0) + own * own * (row[i] ?? 0);
    }
  }
  const energy = weighted.reduce((sum, part) => sum + part, 0);
  const parts = strengths.reduce((sum, strength) => sum + Math.sqrt(strength), 0);
  // A sum that cancels leaves only rounding errors.
  if (!(energy > 1e-12 * parts * parts)) return null;
  const norm = Math.sqrt(energy);
  return {
    inputs: weighted.map((part, i) => {
      const own = Math.sqrt(energies[i] ?? 0);
      return { share: part / energy, cosine: own === 0 ? 0 : (plain[i] ?? 0) / (own * norm) };
    }),
    kept: norm / parts,
  };
}
