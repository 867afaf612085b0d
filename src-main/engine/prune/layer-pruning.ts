import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { adaptedLayers, keepLayers, keptModules, type PruneMethod } from './prune-method.ts';

/**
 * A method that keeps whole layers.
 * @param select the layers to keep out of the adapted ones, from the input up; modules outside the layers stay.
 */
export function layerPruning(
  declaration: PruneDeclaration,
  select: (layers: readonly number[], parameters: ParameterValues) => number[],
): PruneMethod {
  const kept = (layers: readonly number[], given: ParameterValues) =>
    select(layers, checkedParameters(declaration, given));
  return {
    declaration,
    prune: (state, description, given) =>
      keepLayers(state, description, kept(adaptedLayers(state, description), given)),
    check(adapter, description, given) {
      keptModules(adapter, description, kept(adaptedLayers(adapter, description), given));
    },
  };
}
