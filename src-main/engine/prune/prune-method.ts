import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { PruneDeclaration } from '../../../src-shared/domain/prune.ts';
import type { AdapterState, ModuleFactors } from '../adapters/state.ts';
import { elementCount } from '../tensors/host-tensor.ts';

/** What is left of an adapter; kept and total count entries of the factors A and B. Heads are never pruned nor counted. */
export interface Pruned {
  readonly state: AdapterState;
  readonly kept: number;
  readonly total: number;
}

/**
 * One way to leave parts of an adapter out: one file and one line of the list. What the form, the command, the study and its
 * figures know of it stands in the declaration.
 */
export interface PruneMethod {
  readonly declaration: PruneDeclaration;
  /**
   * What is left of `state`, which is not changed. Modules may be left out (`keepLayers`) or be given other factors, of another rank
   * too: the config is derived from the modules when the adapter is written.
   *
   * @throws StudioError invalid_input for a bad parameter, refused where nothing would be left.
   */
  prune(state: AdapterState, description: ModelDescription, parameters: ParameterValues): Pruned;
  /** Throws what `prune` would refuse an adapter of these modules for; left out where that takes no look at the modules. */
  check?(adapter: Outlined, description: ModelDescription, parameters: ParameterValues): void;
}

/** What is known of an adapter without its tensors. */
type Outlined = { readonly modules: ReadonlyMap<string, unknown> };

/** The layers that carry an adapter, from the input up. */
export function adaptedLayers(state: Outlined, description: ModelDescription): number[] {
  const layers = layerOf(description);
  const found = new Set<number>();
  for (const name of state.modules.keys()) {
    const layer = layers.get(name) ?? null;
    if (layer !== null) found.add(layer);
  }
  return [...found].sort((one, other) => one - other);
}

/**
 * Takes the adapters off every layer that is not in `kept`; modules outside the layers stay. No key of a dropped layer
 * remains, and layers_to_transform names those that do, so that PEFT makes only these.
 */
export function keepLayers(state: AdapterState, description: ModelDescription, kept: readonly number[]): Pruned {
  const layers = layerOf(description);
  const names = keptModules(state, description, kept);
  const modules = new Map([...state.modules].filter(([name]) => names.has(name)));
  const outside = [...modules.keys()].some((name) => (layers.get(name) ?? null) === null);
  const { target_modules } = state.config;
  // PEFT refuses layers_to_transform beside a string, and applies it to nothing outside the layers: names in full then.
  const byLayers = Array.isArray(target_modules) && !outside && !target_modules.some((name) => layers.has(name));
  const targets = byLayers
    ? { layers_to_transform: [...kept] }
    : {
        target_modules: [...modules.keys()],
        exclude_modules: null,
        layers_to_transform: null,
        layers_pattern: null,
      };
  return {
    state: { ...state, config: { ...state.config, ...targets }, modules, biases: keptBiases(state, modules) },
    kept: countEntries(modules),
    total: countEntries(state.modules),
  };
}

/** The modules of the kept layers, and those outside the layers. @throws StudioError refused where there are none. */
export function keptModules(
  adapter: Outlined,
  description: ModelDescription,
  kept: readonly number[],
): ReadonlySet<string> {
  const layers = layerOf(description);
  const names = [...adapter.modules.keys()].filter((name) => {
    const layer = layers.get(name) ?? null;
    return layer === null || kept.includes(layer);
  });
  if (names.length > 0) return new Set(names);
  throw new StudioError(
    'refused',
    `Nothing would be left: the adapter has ${adaptedLayers(adapter, description).length} layers.`,
    'Choose a pattern that keeps at least one layer.',
  );
}

/** With bias "lora_only" the biases of a module go with its adapter, as PEFT would not save them. */
function keptBiases({ config, biases }: AdapterState, modules: ReadonlyMap<string, ModuleFactors>) {
  if (config.bias !== 'lora_only') return biases;
  return new Map([...biases].filter(([name]) => modules.has(name.replace(/\.bias$/, ''))));
}

export function countEntries(modules: ReadonlyMap<string, ModuleFactors>): number {
  let count = 0;
  for (const { a, b } of modules.values()) count += elementCount(a.shape) + elementCount(b.shape);
  return count;
}

function layerOf(description: ModelDescription): Map<string, number | null> {
  return new Map(description.linears.map((module) => [module.name, module.layer]));
}
