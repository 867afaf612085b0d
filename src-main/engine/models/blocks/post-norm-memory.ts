import type { AdapterPresence, LayerMemory } from '../memory.ts';
import { type PreNormSizes, preNormMemory } from './pre-norm-memory.ts';

interface PostNormSizes extends PreNormSizes {
  /** Distances that have a row of their own, where attention scores them; else 0. */
  readonly distances: number;
}

/**
 * What `runPostNormBlock` keeps: as much as a layer that normalizes before, of other states. There the norms' inputs are the
 * layer's input and the middle, here they are the two sums, and the middle takes the place of the normalized states.
 * Attention by distances keeps the distances' keys and queries, and has the scores of one example in hand.
 */
export function postNormMemory(
  sizes: PostNormSizes,
  names: Parameters<typeof preNormMemory>[1],
  adapters: AdapterPresence,
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
