import type { AdapterMemory, LayerMemory } from '../memory.ts';
import { type PreNormSizes, preNormMemory } from './pre-norm-memory.ts';

interface PostNormSizes extends PreNormSizes {
  /** Number of distances with their own row, if attention scores them; else 0. */
  readonly distances: number;
}

/**
 * Tensors that `runPostNormBlock` keeps: as many as a pre-norm layer, but others. The norms keep the two residual sums
 * instead of the layer's input and the state in the middle, which replaces the normalized states. Disentangled attention
 * keeps the keys and queries of the distances, and has the scores of one example in memory.
 */
export function postNormMemory(
  sizes: PostNormSizes,
  names: Parameters<typeof preNormMemory>[1],
  adapters: AdapterMemory,
): LayerMemory {
  const { batch, tokens, hidden, heads, onlyFirstToken, distances } = sizes;
  const { input, kept, working } = preNormMemory(sizes, names, adapters);
  const queries = onlyFirstToken ? 1 : tokens;
  const byDistance = distances > 0 ? [2 * distances * hidden] : [];
  const scores = distances > 0 ? [3 * heads * queries * tokens, 2 * heads * queries * (2 * tokens - 1)] : [];
  return {
    input,
    kept: [...kept, batch * queries * hidden, ...byDistance],
    working: [...working, ...scores],
  };
}
