import { anyAdapters, type ModuleMergeMethod } from '../merge-method.ts';
import { concatenated } from '../spaces/concatenated.ts';
import { cutProduct, cutSum } from '../spaces/cut-rank.ts';
import { clampFactors, rankCut, rankParameters } from '../spaces/svd-parameters.ts';

/**
 * PEFT's add_weighted_adapter with combination_type "svd": the exact sum Σ wᵢ·ΔWᵢ, cut to a rank. Decomposed through
 * the concatenated factors, so that no [out, in] matrix is formed.
 */
export const svd: ModuleMergeMethod = {
  declaration: {
    id: 'svd',
    label: 'SVD of the sum',
    summary: 'The exact sum Σ w·ΔW, cut to a rank by SVD: the best approximation of that rank. Any ranks and targets.',
    parameters: rankParameters('the largest rank'),
  },
  makes: 'adapter',
  needs: anyAdapters,
  mergeModule(updates, weights, parameters, context) {
    const cut = rankCut(parameters, Math.max(...updates.map(({ rank }) => rank)));
    const merged = cutSum(updates, weights, cut, context) ?? cutProduct(concatenated(updates, weights), cut);
    return clampFactors(merged, parameters);
  },
};
