import type { ModuleFactors } from '../adapters/state.ts';
import { assembleMerge, weightedSum } from './combine.ts';
import { defineMergeMethod } from './define.ts';
import { sum } from './merge-method.ts';

/**
 * The paper's merge: A = Σ wᵢ·Aᵢ / Σ wᵢ and B = Σ wᵢ·Bᵢ / Σ wᵢ. Where the adapters' scalings differ, the share √(sᵢ/s₁) of
 * each goes into both of its factors, so that the scaling s₁ of the first serves all and every adapter counts with the
 * strength that it has alone. Source: CoTo (ICML 2025, arXiv 2506.05713), read as averaging the factors.
 */
export const factorAverage = defineMergeMethod({
  declaration: {
    id: 'factor-average',
    label: 'Factor average',
    summary: 'Averages A with A and B with B: the merge of the CoTo paper. Needs equal ranks and equal targets.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
    parameters: [],
  },
  needs: { equalRanks: true, equalTargets: true, negativeWeights: false, factorsAlone: true, normalized: () => true },
  merge(states, weights) {
    const [first] = states;
    const total = sum(weights);
    const modules = new Map<string, ModuleFactors>();
    for (const [name, { rank, scaling }] of first?.modules ?? []) {
      const parts = states.flatMap((state) => state.modules.get(name) ?? []);
      const coefficients = parts.map((part, index) => {
        const strength = part.scaling === scaling ? 1 : Math.sqrt(part.scaling / scaling);
        return (strength * (weights[index] ?? 0)) / total;
      });
      const a = weightedSum(
        parts.map((part) => part.a),
        coefficients,
      );
      const b = weightedSum(
        parts.map((part) => part.b),
        coefficients,
      );
      modules.set(name, { a, b, rank, scaling });
    }
    return assembleMerge(states, weights, modules);
  },
});
