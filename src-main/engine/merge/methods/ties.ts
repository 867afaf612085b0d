import type { ModuleMergeMethod } from '../merge-method.ts';
import { mergeFactors } from '../spaces/merge-factors.ts';
import { keepLargest } from '../spaces/task-vectors.ts';
import { densityParameter, majoritySign, majoritySignParameter } from './parameters.ts';

/** TIES on the factors, as PEFT's add_weighted_adapter with combination_type "ties". Yadav et al. 2023. */
export const ties: ModuleMergeMethod = {
  declaration: {
    id: 'ties',
    label: 'TIES',
    summary:
      'Keeps the largest entries of each factor, elects a sign for every entry, and averages those that agree with it.',
    paper: {
      title: 'TIES-Merging: Resolving Interference When Merging Models',
      url: 'https://arxiv.org/abs/2306.01708',
    },
    parameters: [
      densityParameter(0.2, 'Share of the entries of each factor that are kept, largest first.'),
      majoritySignParameter,
    ],
  },
  makes: 'adapter',
  needs: { equalRanks: true, equalTargets: false, negativeWeights: true, normalized: () => false },
  mergeModule(updates, weights, { density, majority_sign_method }, context) {
    const consensus = { by: majoritySign(majority_sign_method), weighted: false };
    const steps = { sparsify: keepLargest(Number(density)), consensus, normalize: 'count' } as const;
    return mergeFactors(updates, weights, steps, context);
  },
};
