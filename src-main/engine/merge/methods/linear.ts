import { warning } from '../checks/preflight-line.ts';
import { isUsed, type ModuleMergeMethod } from '../merge-method.ts';
import { factorWeights } from '../spaces/factor-weights.ts';
import { weightedSum } from '../spaces/weighted-sums.ts';

/**
 * PEFT's add_weighted_adapter with combination_type "linear": the sums of the weighted factors are the factors, with
 * scaling 1. Cross terms Bᵢ·Aⱼ remain, so this is not Σ wᵢ·ΔWᵢ.
 */
export const linear: ModuleMergeMethod = {
  declaration: {
    id: 'linear',
    label: "Linear (PEFT's)",
    summary:
      'Adds the factors, each scaled by the square root of its weight, as PEFT does: not Σ w·ΔW, as products of different adapters remain. Equal ranks.',
    parameters: [],
  },
  makes: 'adapter',
  needs: {
    equalRanks: true,
    equalTargets: false,
    negativeWeights: true,
    normalized: () => false,
    check: (_parameters, weights) =>
      weights.filter(isUsed).length < 2
        ? null
        : warning(
            'linear',
            "PEFT's linear merge is not Σ w·ΔW: besides each adapter's own B·A it has the products Bᵢ·Aⱼ of different adapters.",
            'For the exact sum use the ΔW average, cat (the ranks add up) or svd (cut to a rank).',
          ),
  },
  mergeModule(updates, weights, _parameters, { allocate }) {
    const shares = factorWeights(updates, weights);
    const merged = (part: 'a' | 'b') =>
      weightedSum(
        updates.map((update) => update[part]),
        shares[part],
        allocate,
      );
    return { a: merged('a'), b: merged('b'), rank: updates[0]?.rank ?? 0, scaling: 1 };
  },
};
