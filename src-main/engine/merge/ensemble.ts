import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { MergeDefinition, MergeMethod } from './merge-method.ts';
import { preflightLines } from './preflight.ts';

const definition: MergeDefinition = {
  declaration: {
    id: 'ensemble',
    label: 'Output ensemble',
    summary: 'Runs every adapter and averages what they say. One forward pass an adapter; nothing to store.',
    parameters: [],
  },
  needs: {
    equalRanks: false,
    equalTargets: false,
    negativeWeights: false,
    factorsAlone: false,
    normalized: () => true,
  },
  merge() {
    throw new StudioError(
      'refused',
      'An output ensemble averages predictions: there is no adapter to store.',
      'Evaluate it, or merge by ΔW average.',
    );
  },
};

/** Averages outputs, not weights: the paper's "Ensemble", a bound that costs a forward pass for each adapter. */
export const ensemble: MergeMethod = {
  declaration: definition.declaration,
  makes: 'outputs',
  preflight: (states, weights, parameters, names) => preflightLines(definition, states, weights, parameters, names),
  merge: definition.merge,
};
