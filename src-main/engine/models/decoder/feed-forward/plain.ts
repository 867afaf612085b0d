import type { Activation } from '../../../ops/activation/activate.ts';
import type { AdapterMemory } from '../../memory.ts';
import { keptInput, type LinearLayout, type PartContents, type PartMemory, type PartSizes } from '../part.ts';

/** Two linears with an activation between them. */
export interface PlainLayout {
  readonly kind: 'plain';
  readonly activation: Activation;
  readonly up: LinearLayout;
  readonly down: LinearLayout;
}

interface PlainOptions {
  readonly activation: Activation;
  readonly hasBias: boolean;
  /** Names of the linears within the module. */
  readonly names: { readonly up: string; readonly down: string };
}

/** The two linears of the module `name`. */
export function plainLayout(
  name: string,
  { hidden, inner }: { readonly hidden: number; readonly inner: number },
  { activation, hasBias, names }: PlainOptions,
): PlainLayout {
  return {
    kind: 'plain',
    activation,
    up: { name: `${name}.${names.up}`, inFeatures: hidden, outFeatures: inner, hasBias },
    down: { name: `${name}.${names.down}`, inFeatures: inner, outFeatures: hidden, hasBias },
  };
}

export function plainContents({ up, down }: PlainLayout): PartContents {
  return { linears: [up, down], norms: [], tensors: [] };
}

/** The second linear keeps the derivative of the activation, and its input only if it is adapted. */
export function plainMemory({ up, down }: PlainLayout, sizes: PartSizes, adapters: AdapterMemory): PartMemory {
  const rows = sizes.batch * sizes.tokens;
  const inner = rows * down.inFeatures;
  return {
    input: keptInput(rows, [up], adapters),
    kept: [inner, ...keptInput(rows, [down], adapters)],
    // Gradients of the activated value and of the first linear's result, and of the part's input.
    working: [inner, inner, rows * sizes.hidden],
  };
}
