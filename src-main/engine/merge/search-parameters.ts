import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { MergeMethod, MergeNeeds } from './merge-method.ts';

/** What is searched, and how long. */
export interface SearchSettings {
  readonly what: 'weights' | 'layer-weights' | 'modules';
  readonly evaluations: number;
  readonly seed: number;
}

/** The method with the parameters of a search, which every method has that makes an adapter. */
export function withSearch<Method extends MergeMethod>(method: Method): Method {
  if (method.makes === 'outputs') return method;
  const { declaration, needs } = method;
  return { ...method, declaration: { ...declaration, parameters: [...declaration.parameters, ...searchSpecs(needs)] } };
}

/** The search that the parameters ask for; null: none. */
export function searchOf({ search, search_evaluations, search_seed }: ParameterValues): SearchSettings | null {
  if (search !== 'weights' && search !== 'layer-weights' && search !== 'modules') return null;
  return { what: search, evaluations: Number(search_evaluations), seed: Number(search_seed) };
}

/** Whether the merge looks at tuning examples: for its method, or for a search. */
export function looksAtData({ needs }: Pick<MergeMethod, 'needs'>, parameters: ParameterValues): boolean {
  return needs.data !== undefined || searchOf(parameters) !== null;
}

function searchSpecs({ ignoresWeights }: MergeNeeds): ParameterSpec[] {
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
        ...(ignoresWeights ? [] : weights),
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
