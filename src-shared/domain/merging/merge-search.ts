import type { ParameterSpec } from '../parameters/parameter.ts';

/**
 * Parameters of a search by CMA-ES, of weights or of modules to leave out.
 * @param hasWeights false where the method finds weights of its own
 */
export function searchSpecs(hasWeights: boolean): ParameterSpec[] {
  const group = 'Search on tuning examples';
  const weights = [
    { value: 'weights', label: 'Weights of the adapters' },
    { value: 'layer-weights', label: 'Weights of the adapters by layer' },
  ];
  return [
    {
      name: 'search',
      label: 'Search',
      type: 'choice',
      default: 'none',
      choices: [
        { value: 'none', label: 'None' },
        ...(hasWeights ? weights : []),
        { value: 'modules', label: 'Modules to leave out' },
      ],
      help: 'What CMA-ES chooses by the score on training examples (tuning_samples); the test split is only scored.',
      group,
      advanced: true,
    },
    {
      name: 'search_evaluations',
      label: 'Merges tried',
      type: 'integer',
      default: 60,
      minimum: 2,
      maximum: 100000,
      step: 20,
      help: 'Merges that a search tries, the given one first.',
      group,
      advanced: true,
    },
    {
      name: 'search_seed',
      label: 'Seed of the search',
      type: 'integer',
      default: 0,
      minimum: 0,
      step: 1,
      help: 'Draws the tuning examples and the merges that a search tries.',
      group,
      advanced: true,
    },
  ];
}
