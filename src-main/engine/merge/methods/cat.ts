import { anyAdapters, type ModuleMergeMethod } from '../merge-method.ts';
import { concatenatedInputs } from '../spaces/concatenated.ts';

/** PEFT's add_weighted_adapter with combination_type "cat": Σ wᵢ·ΔWᵢ exactly, by factors side by side. */
export const cat: ModuleMergeMethod = {
  declaration: {
    id: 'cat',
    label: "Concatenation (PEFT's cat)",
    summary: 'The exact sum Σ w·ΔW: factors are laid side by side, so the ranks add up. Any ranks and targets.',
    parameters: [],
  },
  makes: 'adapter',
  needs: anyAdapters,
  mergeModule: (updates, weights, _parameters, { allocate }) => concatenatedInputs(updates, weights, allocate),
};
