import { factorWeights } from './factor-weights.ts';
import type { AdapterUpdate, LowRankUpdate, ModuleContext } from './merge-method.ts';
import { mergeTaskVectors, type TaskVectorSteps } from './task-vectors.ts';

/**
 * PEFT's way with task vectors: A and B are vectors of their own, each with its share of the weight, and what they come to are
 * the factors, with scaling 1. Draws are made for the purposes `a/<adapter>` and `b/<adapter>`.
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
