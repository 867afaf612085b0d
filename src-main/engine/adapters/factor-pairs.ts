import type { FactorPair } from '../optimizers/optimizer.ts';
import type { AdapterVariant } from './variant.ts';
import type { TrainedModule } from './variant-training.ts';

/** The factor pairs of all linear modules, by their names in the model. Embeddings are left out, as in PEFT. */
export function pairsOf({ factors }: AdapterVariant, modules: readonly TrainedModule[]): FactorPair[] {
  if (factors === undefined) return [];
  return modules.flatMap(({ module, trainedNames }) => {
    if (module.kind === 'embedding') return [];
    const [a, b] = [trainedNames.get(factors.a), trainedNames.get(factors.b)];
    return a === undefined || b === undefined ? [] : [{ a, b }];
  });
}
