import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { activeBackend } from '../../compute/active-backend.ts';
import type { DecoderStepLayer, LinearProduct } from '../../compute/decoder-step.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import type { DecoderBlock } from './decoder-block.ts';

/**
 * All blocks in one call of the backend, for one new token of each row whose tokens before are in a cache: the same numbers as
 * `runDecoderBlock` gives block by block. Null where that is not possible: on another backend, in training, for more tokens than
 * one, and where a module is more than a product with LoRA's factors beside it.
 */
export function stepThroughBlocks(
  blocks: readonly DecoderBlock[],
  states: HiddenStates,
  runner: LinearRunner,
): HiddenStates | null {
  const { hidden, batch, tokens, context: { cache, rotary, mask, segments } = {} } = states;
  const [block] = blocks;
  const decoderStep = activeBackend()?.decoderStep;
  if (!decoderStep || !block || runner.taped) return null;
  if (tokens !== 1 || !cache || cache.length === 0 || !rotary || segments) return null;
  const layers: DecoderStepLayer[] = [];
  for (const one of blocks) {
    const layer = layerOf(one, (module) => runner.product?.(module) ?? null);
    if (layer === null) return null;
    layers.push(layer);
  }
  const room = cache.withRoom();
  if (room === null) return null;
  const { heads, keyValueHeads, before } = block;
  const made = decoderStep({
    hidden,
    cache: room,
    tokens: cache.length,
    rotary,
    mask,
    heads,
    keyValueHeads,
    epsilon: before.epsilon,
    layers,
  });
  return { ...states, batch, hidden: as2D(made) };
}

function layerOf(
  block: DecoderBlock,
  product: (module: LinearModule) => LinearProduct | null,
): DecoderStepLayer | null {
  const [q, k, v, o] = [product(block.q), product(block.k), product(block.v), product(block.o)];
  const [gate, up, down] = [product(block.gate), product(block.up), product(block.down)];
  if (!q || !k || !v || !o || !gate || !up || !down) return null;
  return {
    window: block.window,
    before: block.before.scale,
    after: block.after.scale,
    queryNorm: block.queryNorm?.scale ?? null,
    keyNorm: block.keyNorm?.scale ?? null,
    ...{ q, k, v, o, gate, up, down },
  };
}
