import type { AdapterMemory, LayerMemory } from '../memory.ts';
import type { DecoderBlock } from './decoder-block.ts';

export interface DecoderSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly hidden: number;
  readonly inner: number;
  readonly heads: number;
  /** Width of keys and of values. */
  readonly keyValueSize: number;
}

type LinearNames = Readonly<Record<keyof Pick<DecoderBlock, 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down'>, string>>;

/**
 * Tensors that `runDecoderBlock` keeps, by its operations: a norm keeps its input, attention its rotated operands, result
 * and sums, the gated activation both of its operands, a linear its input only if it is adapted.
 */
export function decoderMemory(sizes: DecoderSizes, names: LinearNames, adapters: AdapterMemory): LayerMemory {
  const { batch, tokens, hidden, inner, heads, keyValueSize } = sizes;
  const rows = batch * tokens;
  const isAdapted = (linear: keyof LinearNames) => adapters.has(names[linear]);
  const kept = [
    rows * hidden, // queries, turned
    rows * keyValueSize, // keys, turned
    rows * keyValueSize, // values
    rows * hidden, // what attention gives
    rows * heads, // its sums
    rows * hidden, // the state between attention and the feed-forward part
    rows * inner, // gate
    rows * inner, // up
  ];
  // The backward pass of the last layer has the largest peak: the gradients of the gated value, of both its operands and of
  // their input.
  const working = [rows * inner, rows * inner, rows * inner, rows * hidden];
  if (isAdapted('q') || isAdapted('k') || isAdapted('v')) kept.push(rows * hidden);
  if (isAdapted('gate') || isAdapted('up')) kept.push(rows * hidden);
  if (isAdapted('down')) kept.push(rows * inner);
  const outputs = { q: hidden, k: keyValueSize, v: keyValueSize, o: hidden, gate: inner, up: inner, down: hidden };
  for (const linear of ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const) {
    const inputs = linear === 'down' ? inner : hidden;
    kept.push(...adapters.kept(names[linear], { rows, inputs, outputs: outputs[linear] }));
  }
  return { input: rows * hidden, kept, working };
}
