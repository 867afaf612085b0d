import type { ModuleFactors } from '../adapters/state.ts';
import { allModules, assembleMerge, weightedSum } from './combine.ts';
import { defineMergeMethod } from './define.ts';

/**
 * PEFT's add_weighted_adapter with combination_type "linear": √|wᵢ·sᵢ| goes to Aᵢ and to Bᵢ, a negative sign to Aᵢ only, and
 * the sums are the factors, with scaling 1. Cross terms Bᵢ·Aⱼ remain, so this is not Σ wᵢ·ΔWᵢ.
 */
export const linear = defineMergeMethod({
  declaration: {
    id: 'linear',
    label: "Linear (PEFT's)",
    summary: 'Adds the factors, each with the root of its weight, as PEFT does. Weights may be negative; equal ranks.',
    parameters: [],
  },
  needs: { equalRanks: true, equalTargets: false, negativeWeights: true, factorsAlone: true, normalized: () => false },
  merge(states, weights) {
    const modules = new Map<string, ModuleFactors>();
    for (const name of allModules(states)) {
      const parts = states.flatMap((state, index) => {
        const factors = state.modules.get(name);
        return factors === undefined ? [] : [{ factors, product: (weights[index] ?? 0) * factors.scaling }];
      });
      const roots = parts.map((part) => Math.sqrt(Math.abs(part.product)));
      const signed = parts.map((part, index) => Math.sign(part.product) * (roots[index] ?? 0));
      const a = weightedSum(
        parts.map((part) => part.factors.a),
        signed,
      );
      const b = weightedSum(
        parts.map((part) => part.factors.b),
        roots,
      );
      modules.set(name, { a, b, rank: parts[0]?.factors.rank ?? 0, scaling: 1 });
    }
    return assembleMerge(states, weights, modules);
  },
});
