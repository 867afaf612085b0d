import { type AdapterMemory, type LayerMemory, type ModelMemory, usualTokens } from '../memory.ts';
import { type DecoderLayerLayout, type DecoderLayout, layerContents, renamed } from './layout.ts';
import type { PartMemory, PartSizes } from './part.ts';
import { feedForwardMemory, mixerMemory } from './parts.ts';

/** Memory of a training step, for the estimate. */
export function decoderMemory(layout: DecoderLayout, tokens = Math.min(usualTokens, layout.maxPositions)): ModelMemory {
  const { hiddenSize: hidden } = layout;
  const tables = layout.ropes.map(({ headSize }) => tokens * headSize);
  return {
    inputs: (batch) => [batch * tokens, batch * tokens, ...tables],
    layer: (index, batch, adapters) => {
      const layer = layout.layers[index];
      if (layer === undefined) throw new Error(`the model has no layer ${index}`);
      return decoderLayerMemory(layer, { batch, tokens, hidden }, byLayoutNames(adapters, layout));
    },
    // The last states, normalized, and their gradient; logits are computed in blocks.
    head: (batch) => [batch * tokens * hidden, batch * tokens * hidden],
  };
}

/** Finds adapters by the names of the layout. */
function byLayoutNames(adapters: AdapterMemory, { moduleNames }: DecoderLayout): AdapterMemory {
  return {
    has: (name) => adapters.has(renamed(moduleNames, name)),
    replaces: (name) => adapters.replaces(renamed(moduleNames, name)),
    materializedWeights: adapters.materializedWeights,
    kept: (name, sizes) => adapters.kept(renamed(moduleNames, name), sizes),
  };
}

/** The larger of the backward passes of both parts. The feed-forward part's kept tensors are freed before that of the mixer. */
function largerPhase(mixed: PartMemory, fed: PartMemory): readonly number[] {
  const sum = (values: readonly number[]) => values.reduce((all, size) => all + size, 0);
  let freed = sum(fed.kept);
  const beyond = mixed.working.filter((size) => {
    if (freed < size) return true;
    freed -= size;
    return false;
  });
  return sum(beyond) > sum(fed.working) ? beyond : fed.working;
}

/** Tensors that `runDecoderLayer` keeps, by its operations: each norm keeps its input. */
export function decoderLayerMemory(layout: DecoderLayerLayout, sizes: PartSizes, adapters: AdapterMemory): LayerMemory {
  const { norms, sumNorms, isParallel, mixer, feedForward } = layout;
  const rows = sizes.batch * sizes.tokens;
  const state = rows * sizes.hidden;
  const [mixed, fed] = [mixerMemory(mixer, sizes, adapters), feedForwardMemory(feedForward, sizes, adapters)];
  // Parallel parts without a norm each read the same state.
  const fedInput = isParallel && !norms.beforeFeedForward && mixed.input.length > 0 ? [] : fed.input;
  return {
    input: state,
    kept: [
      // Without a norm, the mixer reads the layer's input.
      ...(norms.beforeMixer ? mixed.input : []),
      ...fedInput,
      ...mixed.kept,
      ...(norms.afterMixer ? [state] : []),
      // Between the mixer and the feed-forward part: a norm keeps it.
      ...(norms.beforeFeedForward && !isParallel ? [state] : []),
      ...fed.kept,
      ...(norms.afterFeedForward ? [state] : []),
      ...(sumNorms ? [state, state] : []),
      ...layerContents(layout).linears.flatMap(({ name, inFeatures, outFeatures, share = 1 }) =>
        adapters.kept(name, { rows: rows * share, inputs: inFeatures, outputs: outFeatures }),
      ),
    ],
    // Beside one part's backward pass, a parallel layer holds the gradient of its result and that of the other part's input.
    working: [...largerPhase(mixed, fed), ...(isParallel && norms.beforeFeedForward ? [state, state] : [])],
  };
}
