import type { ModuleMergeMethod } from '../merge-method.ts';
import { concatenatedInputs } from '../spaces/concatenated.ts';

/**
 * Averages ΔW exactly: the factors are concatenated (rank Σ rᵢ), Aᵢ is multiplied by wᵢ·sᵢ, and the scaling becomes 1.
 * Without `normalize` this is PEFT's add_weighted_adapter with combination_type "cat". A module that an adapter
 * lacks counts as zero. HiRA's W ∘ B·A is averaged by its products B·A, and stays HiRA.
 */
export const weightAverage: ModuleMergeMethod = {
  declaration: {
    id: 'weight-average',
    label: 'ΔW average',
    summary: 'Averages the weight updates exactly by concatenating the factors. The ranks add up.',
    parameters: [
      {
        name: 'normalize',
        label: 'Divide by the sum of weights',
        type: 'boolean',
        default: true,
        help: 'On: an average. Off: the weighted sum, as PEFT\'s combination_type "cat".',
      },
    ],
  },
  makes: 'adapter',
  needs: {
    equalRanks: false,
    equalTargets: false,
    negativeWeights: true,
    linearInUpdates: true,
    normalized: (parameters) => parameters['normalize'] === true,
  },
  mergeModule: (updates, weights, _parameters, { allocate }) => concatenatedInputs(updates, weights, allocate),
};
