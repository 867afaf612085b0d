import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { PruneDeclaration } from '../../../src-shared/domain/prune.ts';
import type { AdapterState, ModuleState } from '../adapters/state.ts';
import { elementCount } from '../tensors/host-tensor.ts';

/**
 * A pruned adapter; `kept` and `total` count entries of its factors A and B. Heads and vectors are neither pruned nor
 * counted.
 */
export interface Pruned {
  readonly state: AdapterState;
  readonly kept: number;
  readonly total: number;
}

/**
 * A prune method: one file and one line of the list. Form, command, study and figures are generated from its
 * declaration.
 */
export interface PruneMethod {
  readonly declaration: PruneDeclaration;
  /**
   * Returns the pruned adapter; `state` is not changed. Modules may be dropped (`keepLayers`) or get other factors,
   * also of another rank: the config is derived from the modules when the adapter is written.
   *
   * @throws StudioError invalid_input for a bad parameter, refused if nothing would be left
   */
  prune(state: AdapterState, description: ModelDescription, parameters: ParameterValues): Pruned;
  /** Throws if `prune` would refuse an adapter with these modules; absent if the method accepts any. */
  check?(adapter: Outlined, description: ModelDescription, parameters: ParameterValues): void;
}

/** Outline of an adapter, without its tensors. */
type Outlined = { readonly modules: ReadonlyMap<string, unknown> };

/** The adapted layers, from the input up. */
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
 * Removes the adapters of all layers not in `kept`; modules outside the layers stay. The written config names the
 * remaining modules, so that PEFT creates only these.
 */
export function keepLayers(state: AdapterState, description: ModelDescription, kept: readonly number[]): Pruned {
  const names = keptModules(state, description, kept);
  const modules = new Map([...state.modules].filter(([name]) => names.has(name)));
  return {
    state: { ...state, modules, biases: keptBiases(state, modules) },
    kept: countEntries(modules),
    total: countEntries(state.modules),
  };
}

/** The modules of the kept layers, and those outside the layers. @throws StudioError refused if there are none */
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
function keptBiases({ config, biases }: AdapterState, modules: ReadonlyMap<string, ModuleState>) {
  if (config.bias !== 'lora_only') return biases;
  return new Map([...biases].filter(([name]) => modules.has(name.replace(/\.bias$/, ''))));
}

export function countEntries(modules: ReadonlyMap<string, ModuleState>): number {
  let count = 0;
  for (const { tensors } of modules.values())
    for (const [part, tensor] of tensors) if (isFactor(part)) count += elementCount(tensor.shape);
  return count;
}

/** Whether a part is one of the factors A and B, which some methods prune. */
export function isFactor(part: string): boolean {
  return part === 'a' || part === 'b';
}

/** @throws StudioError refused for an adapter whose modules have no factors A and B */
export function requireFactors({ variant, modules }: AdapterState, method: string): void {
  if ([...modules.values()].every(({ tensors }) => tensors.has('a') && tensors.has('b'))) return;
  throw new StudioError(
    'refused',
    `${method} prunes the factors A and B, which a ${variant.declaration.label} adapter does not have.`,
    'Prune by layers instead, or choose a LoRA or DoRA adapter.',
  );
}

function layerOf(description: ModelDescription): Map<string, number | null> {
  return new Map(description.linears.map((module) => [module.name, module.layer]));
}
