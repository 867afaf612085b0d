import type { ModuleMergeMethod } from '../merge-method.ts';
import { weightedSum } from '../spaces/weighted-sums.ts';

/**
 * The paper's merge: A = Σ wᵢ·Aᵢ / Σ wᵢ and B = Σ wᵢ·Bᵢ / Σ wᵢ. If the adapters' scalings differ, each pair of
 * factors is multiplied by √(sᵢ/s₁), so that all share the scaling s₁ of the first and every adapter keeps its
 * strength. Source: CoTo (ICML 2025, arXiv 2506.05713), interpreted as averaging the factors.
 */
export const factorAverage: ModuleMergeMethod = {
  declaration: {
    id: 'factor-average',
    label: 'Factor average',
    summary: 'Averages the A and the B factors, as the CoTo paper does. Needs equal ranks and equal targets.',
    paper: { title: 'Come Together, But Not Right Now (CoTo)', url: 'https://arxiv.org/abs/2506.05713' },
    parameters: [],
  },
  makes: 'adapter',
  needs: { equalRanks: true, equalTargets: true, negativeWeights: true, normalized: () => true },
  mergeModule(updates, weights, _parameters, { allocate }) {
    const { rank, scaling } = updates[0] ?? { rank: 0, scaling: 1 };
    const coefficients = updates.map((update, index) => {
      const strength = update.scaling === scaling ? 1 : Math.sqrt(update.scaling / scaling);
      return strength * (weights[index] ?? 0);
    });
    const merged = (part: 'a' | 'b') =>
      weightedSum(
        updates.map((update) => update[part]),
        coefficients,
        allocate,
      );
    return { a: merged('a'), b: merged('b'), rank, scaling };
  },
};
