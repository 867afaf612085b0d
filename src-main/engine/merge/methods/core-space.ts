import type { ModuleMergeMethod } from '../merge-method.ts';
import { mergeCores } from '../spaces/in-core-space.ts';
import { chosenMerger, chosenNeeds, mergerParameters, mergerValues } from './merger-choice.ts';
import { tiesSvd } from './ties-svd.ts';

/**
 * Core Space with any merger of task vectors on top: it runs on the core matrices Uᵀ·ΔWᵢ·V, in Σ rᵢ dimensions. Panariello
 * et al. 2025, section 3.
 */
export const coreSpace: ModuleMergeMethod = {
  declaration: {
    id: 'core-space',
    label: 'Core Space',
    summary:
      'Runs a merger on small matrices, in axes that all adapters share, instead of on ΔW. Nothing of the adapters is lost.',
    paper: {
      title: 'Accurate and Efficient Low-Rank Model Merging in Core Space',
      url: 'https://arxiv.org/abs/2509.17786',
    },
    parameters: mergerParameters(tiesSvd.declaration),
  },
  makes: 'adapter',
  needs: chosenNeeds,
  mergeModule(updates, weights, parameters, context) {
    const merger = chosenMerger(parameters);
    return mergeCores(merger, updates, weights, mergerValues(merger, parameters), context);
  },
};
