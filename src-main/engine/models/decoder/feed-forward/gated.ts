import type { Activation } from '../../../ops/activation/activate.ts';
import type { AdapterMemory } from '../../memory.ts';
import { keptInput, type LinearLayout, type PartContents, type PartMemory, type PartSizes } from '../part.ts';

/** activation(gate(x)) ∘ up(x), and a linear back to the hidden size (Shazeer 2020). */
export interface GatedLayout {
  readonly kind: 'gated';
  readonly activation: Activation;
  /** Two linears, or one whose outputs are the gate's, then those of `up`. */
  readonly projections: { readonly gate: LinearLayout; readonly up: LinearLayout } | { readonly fused: LinearLayout };
  readonly down: LinearLayout;
}

interface GatedOptions {
  readonly activation?: Activation;
  readonly hasBias?: boolean;
  /** Names of the linears within the module. */
  readonly names?: { readonly gate: string; readonly up: string } | { readonly fused: string };
  readonly downName?: string;
}

/** The gated part of the module `name`: Llama's where no option says otherwise. */
export function gatedLayout(
  name: string,
  { hidden, inner }: { readonly hidden: number; readonly inner: number },
  options: GatedOptions = {},
): GatedLayout {
  const { activation = 'silu', hasBias = false, downName = 'down_proj' } = options;
  const { names = { gate: 'gate_proj', up: 'up_proj' } } = options;
  const linear = (own: string, outFeatures: number): LinearLayout => ({
    name: `${name}.${own}`,
    inFeatures: hidden,
    outFeatures,
    hasBias,
  });
  return {
    kind: 'gated',
    activation,
    projections:
      'fused' in names
        ? { fused: linear(names.fused, 2 * inner) }
        : { gate: linear(names.gate, inner), up: linear(names.up, inner) },
    down: { name: `${name}.${downName}`, inFeatures: inner, outFeatures: hidden, hasBias },
  };
}

export function gatedContents({ projections, down }: GatedLayout): PartContents {
  return { linears: [...inputLinears(projections), down], norms: [], tensors: [] };
}

function inputLinears(projections: GatedLayout['projections']): LinearLayout[] {
  return 'fused' in projections ? [projections.fused] : [projections.gate, projections.up];
}

/**
 * The gated activation keeps both of its operands. The backward pass of the last layer has the largest peak: the gradients of
 * the gated value, of both its operands and of their input.
 */
export function gatedMemory(layout: GatedLayout, sizes: PartSizes, adapters: AdapterMemory): PartMemory {
  const { projections, down } = layout;
  const rows = sizes.batch * sizes.tokens;
  const inner = rows * down.inFeatures;
  return {
    input: keptInput(rows, inputLinears(projections), adapters),
    kept: [inner, inner, ...keptInput(rows, [down], adapters)],
    // One linear's outputs are cut, and their gradients put together.
    working: [inner, inner, inner, ...('fused' in projections ? [inner, inner] : [rows * sizes.hidden])],
  };
}
