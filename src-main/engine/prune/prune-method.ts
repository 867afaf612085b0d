import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import type { PruneDeclaration } from '../../../src-shared/domain/prune.ts';
import type { AdapterState, ModuleState } from '../adapters/state.ts';
import { elementCount } from '../tensors/host-tensor.ts';

/** What is left of an adapter; kept and total count entries of its factors A and B. Heads and vectors are never pruned nor counted. */
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
 * remains, and the config that is written names those that do, so that PEFT makes only these.
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

/** Whether a part is one of the factors A and B, of whose entries and ranks some methods take away. */
export function isFactor(part: string): boolean {
  return part === 'a' || part === 'b';
}

/** @throws StudioError refused for an adapter whose modules have no factors A and B of their own. */
export function requireFactors({ variant, modules }: AdapterState, method: string): void {
  if ([...modules.values()].every(({ tensors }) => tensors.has('a') && tensors.has('b'))) return;
  throw new StudioError(
    'refused',
    `${method} takes away from the factors A and B, and a ${variant.declaration.label} adapter has none of its own.`,
    'Prune by layers instead, or choose a LoRA or DoRA adapter.',
  );
}

function layerOf(description: ModelDescription): Map<string, number | null> {
  return new Map(description.linears.map((module) => [module.name, module.layer]));
}
