import type { PlacedTensors } from './tensors.ts';

/** Returns true if an adapter has biases of its own: replacements of the base's, or parts of its modules. */
export function hasBias({ biases, modules }: Pick<PlacedTensors<unknown>, 'biases' | 'modules'>): boolean {
  return biases.size > 0 || [...modules.values()].some(({ tensors }) => tensors.has('bias'));
}
