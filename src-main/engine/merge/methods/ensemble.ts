import type { OutputMergeMethod } from '../merge-method.ts';

/** Averages outputs, not weights: the paper's "Ensemble", an upper bound that costs a forward pass for each adapter. */
export const ensemble: OutputMergeMethod = {
  declaration: {
    id: 'ensemble',
    label: 'Output ensemble',
    summary: 'Runs every adapter and averages their predictions. One forward pass per adapter; nothing to store.',
    parameters: [],
  },
  makes: 'outputs',
  needs: {
    equalRanks: false,
    equalTargets: false,
    negativeWeights: false,
    normalized: () => true,
  },
};
