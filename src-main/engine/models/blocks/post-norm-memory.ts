import { biasedScores } from '../../ops/attention/biased-attention.ts';
import type { AdapterMemory, LayerMemory } from '../memory.ts';
import { type PreNormSizes, preNormMemory } from './pre-norm-memory.ts';

interface PostNormSizes extends PreNormSizes {
  /** Number of distances with their own row, if attention scores them; else 0. */
  readonly distances: number;
  /** True if a bias by distance is added to the scores. */
  readonly hasBias: boolean;
}

/**
 * Tensors that `runPostNormBlock` keeps: as many as a pre-norm layer, but others. The norms keep the two residual sums
 * instead of the layer's input and the state in the middle, which replaces the normalized states. Disentangled attention
 * keeps the keys and queries of the distances, and has the scores of one example in memory; biased attention has those of some.
 */
export function postNormMemory(
  sizes: PostNormSizes,
  names: Parameters<typeof preNormMemory>[1],
  adapters: AdapterMemory,
): LayerMemory {
  const { batch, tokens, hidden, heads, onlyFirstToken, distances, hasBias } = sizes;
  const { input, kept, working } = preNormMemory(sizes, names, adapters, true);
  const queries = onlyFirstToken ? 1 : tokens;
  const byDistance = distances > 0 ? [2 * distances * hidden] : [];
  const scores = distances > 0 ? [3 * heads * queries * tokens, 2 * heads * queries * (2 * tokens - 1)] : [];
  // The backward pass of biased attention: scores, gradients of queries, keys, values and of their input.
  const state = batch * tokens * hidden;
  const biased = [3 * biasedScores(batch, heads * queries * tokens), state, state, state, state];
  return {
    input,
    kept: [...kept, batch * queries * hidden, ...byDistance],
    working: hasBias ? larger(working, biased) : [...working, ...scores],
  };
}

function larger(one: readonly number[], other: readonly number[]): readonly number[] {
  const sum = (values: readonly number[]) => values.reduce((all, size) => all + size, 0);
  return sum(one) > sum(other) ? one : other;
}
