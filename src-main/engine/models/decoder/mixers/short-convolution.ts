import type { AdapterMemory } from '../../memory.ts';
import {
  keptInput,
  type LinearLayout,
  type PartContents,
  type PartMemory,
  type PartSizes,
  type TensorLayout,
} from '../part.ts';

/** A gated convolution over the last tokens (LFM2): out(c ∘ convolution(b ∘ x)), where one linear makes b, c and x. */
export interface ShortConvolutionLayout {
  readonly kind: 'short-convolution';
  /** Outputs: b, then c, then x. */
  readonly input: LinearLayout;
  /** [width, 1, kernel]; the last tap multiplies the token itself. */
  readonly weight: TensorLayout;
  /** [width] */
  readonly bias: TensorLayout | null;
  readonly output: LinearLayout;
}

/** The gated convolution of the module `name`. */
export function shortConvolutionLayout(
  name: string,
  { hidden, kernel, hasBias }: { readonly hidden: number; readonly kernel: number; readonly hasBias: boolean },
): ShortConvolutionLayout {
  return {
    kind: 'short-convolution',
    input: { name: `${name}.in_proj`, inFeatures: hidden, outFeatures: 3 * hidden, hasBias },
    weight: { name: `${name}.conv.weight`, shape: [hidden, 1, kernel] },
    bias: hasBias ? { name: `${name}.conv.bias`, shape: [hidden] } : null,
    output: { name: `${name}.out_proj`, inFeatures: hidden, outFeatures: hidden, hasBias },
  };
}

export function shortConvolutionContents({ input, weight, bias, output }: ShortConvolutionLayout): PartContents {
  return { linears: [input, output], norms: [], tensors: bias ? [weight, bias] : [weight] };
}

/** Both products keep their operands, the convolution its input. */
export function shortConvolutionMemory(
  { input, output }: ShortConvolutionLayout,
  sizes: PartSizes,
  adapters: AdapterMemory,
): PartMemory {
  const rows = sizes.batch * sizes.tokens;
  const state = rows * output.inFeatures;
  return {
    input: keptInput(rows, [input], adapters),
    kept: [
      ...[state, state, state, state, state], // b, c, x, b ∘ x, the convolution's result
      ...keptInput(rows, [output], adapters),
    ],
    working: [],
  };
}
