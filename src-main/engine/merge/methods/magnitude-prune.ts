import type { ModuleMergeMethod } from '../merge-method.ts';
import { mergeFactors } from '../spaces/merge-factors.ts';
import { keepLargest } from '../spaces/task-vectors.ts';
import { densityParameter } from './parameters.ts';

/** PEFT's add_weighted_adapter with combination_type "magnitude_prune": the largest entries of each factor are added. */
export const magnitudePrune: ModuleMergeMethod = {
  declaration: {
    id: 'magnitude-prune',
    label: 'Magnitude prune',
    summary: 'Keeps the largest entries of each factor, and adds the factors as the linear merge does.',
    parameters: [densityParameter(0.5, 'Share of the entries of each factor that are kept, largest first.')],
  },
  makes: 'adapter',
  needs: { equalRanks: true, equalTargets: false, negativeWeights: true, normalized: () => false },
  mergeModule: (updates, weights, { density }, context) =>
    mergeFactors(updates, weights, { sparsify: keepLargest(Number(density)) }, context),
};
