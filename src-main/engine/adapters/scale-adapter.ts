import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterState, ModuleFactors } from './state.ts';

/**
 * The adapter with its update multiplied by `weight` (any number; 0 switches it off). A saved head stays as it is.
 * @throws StudioError refused for a weight between off and on where the adapter does more than add a product: DoRA's
 * magnitudes and replaced biases have no strength.
 */
export function scaleAdapter(state: AdapterState, weight: number): AdapterState {
  if (weight === 1) return state;
  const hasMagnitudes = [...state.modules.values()].some(({ magnitude }) => magnitude !== undefined);
  if (hasMagnitudes || state.biases.size > 0) {
    if (weight === 0) return { ...state, modules: new Map(), biases: new Map() };
    throw new StudioError(
      'refused',
      `The adapter cannot be scaled by ${weight}: ${hasMagnitudes ? "DoRA's magnitudes" : 'its biases'} stand in for the base's own and have no strength.`,
      'Give it the weight 1 (on) or 0 (off).',
    );
  }
  const modules = new Map<string, ModuleFactors>();
  for (const [name, factors] of state.modules) modules.set(name, { ...factors, scaling: factors.scaling * weight });
  return { ...state, modules };
}
