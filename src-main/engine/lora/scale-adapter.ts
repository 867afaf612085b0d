import type { AdapterState, ModuleFactors } from './adapter-state.ts';

/** The adapter with its update multiplied by `weight` (any number; 0 switches it off). A saved head stays as it is. */
export function scaleAdapter(state: AdapterState, weight: number): AdapterState {
  if (weight === 1) return state;
  const modules = new Map<string, ModuleFactors>();
  for (const [name, factors] of state.modules) modules.set(name, { ...factors, scaling: factors.scaling * weight });
  return { ...state, modules };
}
