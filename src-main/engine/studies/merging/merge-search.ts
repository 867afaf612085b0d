import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { mergeMethod } from '../../merge/methods/index.ts';

/** The search of a method that has it: outputs have none, and soups no weights to search. */
export function searchFor(
  id: string,
  seed: number,
  { search, search_evaluations }: { readonly search: string; readonly search_evaluations: number },
): ParameterValues {
  const { parameters } = mergeMethod(id).declaration;
  const choices = parameters.find(({ name }) => name === 'search')?.choices ?? [];
  if (search === 'none' || !choices.some(({ value }) => value === search)) return {};
  return { search, search_evaluations, search_seed: seed };
}
