import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import { activeBackend } from '../../compute/active-backend.ts';
import type { DecoderStepLayer, LinearProduct } from '../../compute/decoder-step.ts';
import { as2D } from '../../ops/autograd/operation.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import type { AttentionLayout } from '../decoder/mixers/attention.ts';
import type { DecoderLayer } from './decoder-layer.ts';
import type { DecoderNorm } from './decoder-norm.ts';

/** A layer that the backend's one call knows: its modules and the scales of its norms. */
type StepBlock = { readonly mixer: AttentionLayout; readonly epsilon: number } & Readonly<
  Record<'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down', LinearModule>
> &
  Pick<DecoderStepLayer, 'before' | 'after' | 'queryNorm' | 'keyNorm'>;

type Step = (states: HiddenStates, runner: LinearRunner) => HiddenStates | null;

/**
 * All layers in one call of the backend, for one new token of each row whose tokens before are in a cache: the same numbers as
 * `runDecoderLayer` gives layer by layer. Null where that is not possible: for layers of another shape than Llama's, on another
 * backend, in training, for more tokens than one, and where a module is more than a product with LoRA's factors beside it.
 */
export function stepThroughLayers(layers: readonly DecoderLayer[]): Step {
  const blocks = layers.map(stepBlock).filter((block) => block !== null);
  const [block] = blocks;
  if (block === undefined || blocks.length < layers.length || !blocks.every((one) => isAlike(one, block)))
    return () => null;
  const { heads, keyValueHeads, rotary } = block.mixer;
  return (states, runner) => {
    const { hidden, batch, tokens, context: { cache, rotaries, mask, segments } = {} } = states;
    const decoderStep = activeBackend()?.decoderStep;
    const table = rotaries?.[rotary?.keys ?? 0];
    if (!decoderStep || runner.taped) return null;
    if (tokens !== 1 || !cache || cache.length === 0 || !table || segments) return null;
    const products: DecoderStepLayer[] = [];
    for (const one of blocks) {
      const layer = withProducts(one, (module) => runner.product?.(module) ?? null);
      if (layer === null) return null;
      products.push(layer);
    }
    const room = cache.withRoom();
    if (room === null) return null;
    const made = decoderStep({
      hidden,
      cache: room,
      tokens: cache.length,
      rotary: table,
      mask,
      heads,
      keyValueHeads,
      epsilon: block.epsilon,
      layers: products,
    });
    return { ...states, batch, hidden: as2D(made) };
  };
}

/** Null for a layer that the call does not know. */
function stepBlock({ layout, tensors, norms }: DecoderLayer): StepBlock | null {
  const { mixer, feedForward, isParallel, residualScale } = layout;
  const { beforeMixer, afterMixer, beforeFeedForward, afterFeedForward } = norms;
  if (mixer.kind !== 'attention' || 'fused' in mixer.projections || !isUsual(mixer)) return null;
  if (feedForward.kind !== 'gated' || 'fused' in feedForward.projections || feedForward.activation !== 'silu')
    return null;
  if (isParallel || residualScale !== 1 || afterMixer || afterFeedForward) return null;
  if (!beforeMixer || !beforeFeedForward) return null;
  const headNorm = (own: AttentionLayout['queryNorm']) => own && tensors.norm(own);
  const [queryNorm, keyNorm] = [headNorm(mixer.queryNorm), headNorm(mixer.keyNorm)];
  const { epsilon } = beforeMixer.layout;
  const isKnown = (norm: DecoderNorm | null, size: number) =>
    norm === null || (norm.shift === null && norm.layout.epsilon === epsilon && norm.layout.size === size);
  const isEveryNormKnown =
    isKnown(beforeMixer, beforeMixer.layout.size) &&
    isKnown(beforeFeedForward, beforeMixer.layout.size) &&
    isKnown(queryNorm, mixer.headSize) &&
    isKnown(keyNorm, mixer.headSize);
  if (!isEveryNormKnown) return null;
  const module = ({ name }: { readonly name: string }) => tensors.module(name);
  const { q, k, v } = mixer.projections;
  const { gate, up } = feedForward.projections;
  return {
    mixer,
    epsilon,
    before: beforeMixer.scale,
    after: beforeFeedForward.scale,
    queryNorm: queryNorm?.scale ?? null,
    keyNorm: keyNorm?.scale ?? null,
    ...{ q: module(q), k: module(k), v: module(v), o: module(mixer.output) },
    ...{ gate: module(gate), up: module(up), down: module(feedForward.down) },
  };
}

/** Causal attention with rotated heads, whose scores are scaled by the size of a head alone. */
function isUsual({ headSize, rotary, isCausal, scale, softcap, sinks, isGated }: AttentionLayout): boolean {
  const isRotated =
    rotary !== null && rotary.size === headSize && rotary.pairs === 'halves' && rotary.queries === rotary.keys;
  return isRotated && isCausal && scale === 1 / Math.sqrt(headSize) && softcap === 0 && sinks === null && !isGated;
}

function isAlike({ mixer, epsilon }: StepBlock, first: StepBlock): boolean {
  const { heads, keyValueHeads, headSize, rotary } = mixer;
  const other = first.mixer;
  return (
    epsilon === first.epsilon &&
    heads === other.heads &&
    keyValueHeads === other.keyValueHeads &&
    headSize === other.headSize &&
    rotary?.keys === other.rotary?.keys
  );
}

function withProducts(
  block: StepBlock,
  product: (module: LinearModule) => LinearProduct | null,
): DecoderStepLayer | null {
  const [q, k, v, o] = [product(block.q), product(block.k), product(block.v), product(block.o)];
  const [gate, up, down] = [product(block.gate), product(block.up), product(block.down)];
  if (!q || !k || !v || !o || !gate || !up || !down) return null;
  const { mixer, before, after, queryNorm, keyNorm } = block;
  return { window: mixer.window, before, after, queryNorm, keyNorm, q, k, v, o, gate, up, down };
}
