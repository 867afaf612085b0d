import type { AdapterMemory, LayerMemory } from '../memory.ts';
import type { PreNormBlock } from './pre-norm-block.ts';

export interface PreNormSizes {
  readonly batch: number;
  readonly tokens: number;
  readonly hidden: number;
  readonly inner: number;
  readonly heads: number;
  readonly onlyFirstToken: boolean;
}

type LinearNames = Readonly<Record<keyof Pick<PreNormBlock, 'q' | 'k' | 'v' | 'o' | 'fc1' | 'fc2'>, string>> & {
  readonly gate?: string;
};

/**
 * Tensors that `runPreNormBlock` keeps, by its operations: a norm keeps its input, attention its operands, result and sums,
 * a linear its input only if it is adapted, and fc2 the derivative of the activation. A gated activation keeps both of its
 * operands instead.
 */
export function preNormMemory(
  sizes: PreNormSizes,
  names: LinearNames,
  adapters: AdapterMemory,
  isPostNorm = false,
): LayerMemory {
  const { batch, tokens, hidden, inner, heads, onlyFirstToken } = sizes;
  const all = batch * tokens;
  const out = onlyFirstToken ? batch : all;
  const isAdapted = (linear: keyof LinearNames) => adapters.has(names[linear] ?? '');
  const kept = [
    ...[out, all, all].map((rows) => rows * hidden), // q, k, v
    out * hidden, // what attention gives
    batch * heads * (onlyFirstToken ? 1 : tokens), // its sums
    out * hidden, // the state between attention and the feed-forward part
    ...(names.gate === undefined ? [out * inner] : [out * inner, out * inner]), // the derivative of the activation, or gate and up
  ];
  // fc1's result, or the gradients of both operands of the gated activation; and the layer's own result
  const working = [...(names.gate === undefined ? [out * inner] : [out * inner, out * inner]), out * hidden];
  const keepIf = (isKept: boolean, values: number) => (isKept ? kept : working).push(values);
  // Normalized before; without a norm there, attention reads the layer's input.
  if (!isPostNorm) keepIf(isAdapted('k') || isAdapted('v') || (isAdapted('q') && !onlyFirstToken), all * hidden);
  if (onlyFirstToken) {
    keepIf(isAdapted('q'), out * hidden);
    // Backward: the gradients of all keys and values and of their input.
    working.push(out * hidden, all * hidden, all * hidden, all * hidden);
  }
  keepIf(isAdapted('fc1') || isAdapted('gate'), out * hidden); // normalized after
  keepIf(isAdapted('fc2'), out * inner); // the activated state
  const rowsOf = { q: out, k: all, v: all, o: out, gate: out, fc1: out, fc2: out };
  const widthOf = { q: hidden, k: hidden, v: hidden, o: hidden, gate: hidden, fc1: hidden, fc2: inner };
  const outputs = { q: hidden, k: hidden, v: hidden, o: hidden, gate: inner, fc1: inner, fc2: hidden };
  for (const linear of ['q', 'k', 'v', 'o', 'gate', 'fc1', 'fc2'] as const) {
    const [name, rows, inputs] = [names[linear], rowsOf[linear], widthOf[linear]];
    if (name === undefined) continue;
    kept.push(...adapters.kept(name, { rows, inputs, outputs: outputs[linear] }));
  }
  return { input: all * hidden, kept, working };
}
