import type { LowRankUpdate } from '../merge-method.ts';

/**
 * PEFT's share of a weight for each factor: √|wᵢ·sᵢ| goes to Aᵢ and to Bᵢ, a negative sign to Aᵢ only. So B·A of the
 * weighted factors is wᵢ·ΔWᵢ, and the merge has the scaling 1.
 */
export function factorWeights(
  updates: readonly Pick<LowRankUpdate, 'scaling'>[],
  weights: readonly number[],
): { readonly a: number[]; readonly b: number[] } {
  const products = updates.map(({ scaling }, index) => (weights[index] ?? 0) * scaling);
  const roots = products.map((product) => Math.sqrt(Math.abs(product)));
  return { a: products.map((product, index) => Math.sign(product) * (roots[index] ?? 0)), b: roots };
}
