import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';

/**
 * The adapter with its update multiplied by `weight` (any number; 0 switches it off). A saved head stays as it is.
 * @throws StudioError refused for a weight between off and on where the adapter does more than add a product: such tensors
 * (DoRA's magnitudes) and replaced biases have no strength.
 */
export function scaleAdapter(state: AdapterState, weight: number): AdapterState {
  if (weight === 1) return state;
  const { variant, modules, biases } = state;
  const isProduct = variant.product.lowRank !== null;
  if (!isProduct || biases.size > 0) {
    if (weight === 0) return { ...state, modules: new Map(), biases: new Map() };
    throw new StudioError(
      'refused',
      `The adapter cannot be scaled by ${weight}: ${isProduct ? "its biases replace the base's own and have no strength" : `it is a ${variant.declaration.label}, and ${variant.product.reason}`}.`,
      'Give it the weight 1 (on) or 0 (off).',
    );
  }
  const scaled = new Map<string, ModuleState>();
  for (const [name, module] of modules) scaled.set(name, { ...module, scaling: module.scaling * weight });
  return { ...state, modules: scaled };
}
