import type { AdapterUpdate, LowRankUpdate, ModuleContext } from '../merge-method.ts';
import { factorWeights } from './factor-weights.ts';
import { mergeTaskVectors, type TaskVectorSteps } from './task-vectors.ts';

/**
 * Merges task vectors as PEFT does: A and B are separate vectors, each with its share of the weight, and the results
 * are the factors, with scaling 1. Random streams are named `a/<adapter>` and `b/<adapter>`.
 */
export function mergeFactors(
  updates: readonly AdapterUpdate[],
  weights: readonly number[],
  steps: TaskVectorSteps,
  { allocate, random }: ModuleContext,
): LowRankUpdate {
  const shares = factorWeights(updates, weights);
  const merged = (part: 'a' | 'b') => ({
    shape: updates[0]?.[part].shape ?? [],
    data: mergeTaskVectors(
      updates.map((update) => update[part]),
      shares[part],
      steps,
      (place) => random(`${part}/${updates[place]?.adapter}`),
      allocate,
    ),
  });
  return { a: merged('a'), b: merged('b'), rank: updates[0]?.rank ?? 0, scaling: 1 };
}
