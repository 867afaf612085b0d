import { biasedScores } from '../../ops/attention/biased-attention.ts';
import { type AdapterMemory, type LayerMemory, type ModelMemory, usualTokens } from '../memory.ts';
import type { T5Config } from './config.ts';
import { blockNames } from './modules.ts';

/** Length of outputs where it is not known. */
const usualTargetTokens = 128;

/** Memory of a training step on inputs of `tokens` tokens and outputs of `targetTokens`. */
export function t5Memory(config: T5Config, tokens = usualTokens, targetTokens = usualTargetTokens): ModelMemory {
  const { hiddenSize: hidden, heads, encoderLayers } = config;
  return {
    inputs: (batch) => [
      ...[batch * tokens, batch * tokens, batch * targetTokens],
      // Biases by distance, of each stack.
      ...[heads * tokens * tokens, heads * targetTokens * targetTokens],
    ],
    layer: (index, batch, adapters) => {
      const sizes = { batch, tokens, targetTokens };
      return index < encoderLayers
        ? blockMemory(config, { ...sizes, stack: 'encoder', block: index }, adapters)
        : blockMemory(config, { ...sizes, stack: 'decoder', block: index - encoderLayers }, adapters);
    },
    // The last states, normalized and scaled, and their gradient; logits are computed in blocks.
    head: (batch) => [2, 1].map((count) => count * batch * targetTokens * hidden),
  };
}

interface BlockSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly targetTokens: number;
  readonly stack: 'encoder' | 'decoder';
  readonly block: number;
}

/** Tensors that `runT5Block` keeps, by its operations, and the states of the other stack that pass through. */
function blockMemory(
  config: T5Config,
  { batch, tokens, targetTokens, stack, block }: BlockSizes,
  adapters: AdapterMemory,
): LayerMemory {
  const { hiddenSize: hidden, innerSize: inner, heads, headSize, isGated } = config;
  const { self, cross, feedForward } = blockNames(stack, block);
  const width = heads * headSize;
  const rows = batch * (stack === 'encoder' ? tokens : targetTokens);
  const encoded = batch * tokens;
  const own = rows / batch;
  const kept: number[] = [rows * width, rows * width, rows * width, rows * hidden];
  /** Adds the tensors that an adapter keeps of a linear beside its input; returns whether there is an adapter. */
  const adapted = (name: string, count: number, inputs: number, outputs: number): boolean => {
    kept.push(...adapters.kept(name, { rows: count, inputs, outputs }));
    return adapters.has(name);
  };
  const any = (...linears: boolean[]) => linears.some(Boolean);
  const ofSelf = ['q', 'k', 'v'].map((part) => adapted(`${self.attention}.${part}`, rows, hidden, width));
  if (any(...ofSelf)) kept.push(rows * hidden);
  if (adapted(`${self.attention}.o`, rows, width, hidden)) kept.push(rows * width);
  if (cross !== null) {
    // Queries; keys and values of the encoder's tokens; the result and its sums; the state after it.
    kept.push(rows * width, encoded * width, encoded * width, rows * width, rows * heads, rows * hidden);
    if (adapted(`${cross.attention}.q`, rows, hidden, width)) kept.push(rows * hidden);
    const ofEncoder = ['k', 'v'].map((part) => adapted(`${cross.attention}.${part}`, encoded, hidden, width));
    if (any(...ofEncoder)) kept.push(encoded * hidden);
    adapted(`${cross.attention}.o`, rows, width, hidden);
  }
  const ups = (isGated ? ['wi_0', 'wi_1'] : ['wi']).map((part) =>
    adapted(`${feedForward.dense}.${part}`, rows, hidden, inner),
  );
  if (any(...ups)) kept.push(rows * hidden);
  // Gated: the gate, its activation and the other factor; else the derivative of the activation.
  kept.push(...(isGated ? [rows * inner, rows * inner, rows * inner] : [rows * inner]));
  if (adapted(`${feedForward.dense}.wo`, rows, inner, hidden)) kept.push(rows * inner);
  // The larger of the backward passes: of attention with its scores, of the feed-forward part with both factors.
  const scores = biasedScores(batch, heads * own * own);
  const working = [Math.max(3 * scores + 4 * rows * width, 3 * rows * inner), rows * hidden];
  return { input: (encoded + batch * targetTokens) * hidden, kept, working };
}
