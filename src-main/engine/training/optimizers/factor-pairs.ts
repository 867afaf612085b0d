import type { AdapterVariant } from '../../adapters/variant.ts';
import type { TrainedModule } from '../../adapters/variant-training.ts';
import type { FactorPair } from './optimizer.ts';

/** The factor pairs of all modules, by their names in the model. */
export function pairsOf({ factors }: AdapterVariant, modules: readonly TrainedModule[]): FactorPair[] {
  if (factors === undefined) return [];
  return modules.flatMap(({ trainedNames }) => {
    const [a, b] = [trainedNames.get(factors.a), trainedNames.get(factors.b)];
    return a === undefined || b === undefined ? [] : [{ a, b }];
  });
}
