import type { OutputMergeMethod } from './merge-method.ts';

/** Averages outputs, not weights: the paper's "Ensemble", a bound that costs a forward pass for each adapter. */
export const ensemble: OutputMergeMethod = {
  declaration: {
    id: 'ensemble',
    label: 'Output ensemble',
    summary: 'Runs every adapter and averages what they say. One forward pass an adapter; nothing to store.',
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
