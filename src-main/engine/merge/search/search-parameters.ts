import { searchSpecs } from '../../../../src-shared/domain/merging/merge-search.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { MergeMethod } from '../merge-method.ts';

/** Subject and length of a search. */
export interface SearchSettings {
  readonly what: 'weights' | 'layer-weights' | 'modules';
  readonly evaluations: number;
  readonly seed: number;
}

/** The method with the parameters of a search, which every method has that makes a plain LoRA. */
export function withSearch<Method extends MergeMethod>(method: Method): Method {
  if (method.makes === 'outputs' || 'mergeStates' in method) return method;
  const { declaration, needs } = method;
  return {
    ...method,
    declaration: {
      ...declaration,
      parameters: [...declaration.parameters, ...searchSpecs(needs.ignoresWeights !== true)],
    },
  };
}

/** The search that the parameters ask for; null: none. */
export function searchOf({ search, search_evaluations, search_seed }: ParameterValues): SearchSettings | null {
  if (search !== 'weights' && search !== 'layer-weights' && search !== 'modules') return null;
  return { what: search, evaluations: Number(search_evaluations), seed: Number(search_seed) };
}

/** Returns true if the merge reads tuning examples: for its method, or for a search. */
export function looksAtData({ needs }: Pick<MergeMethod, 'needs'>, parameters: ParameterValues): boolean {
  return needs.data !== undefined || searchOf(parameters) !== null;
}

/** Seed of the tuning examples: the search's, else the method's. */
export function tuningSeed(parameters: ParameterValues): number {
  return searchOf(parameters)?.seed ?? Number(parameters['seed'] ?? 0);
}
