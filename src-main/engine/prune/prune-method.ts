import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { PruneDeclaration } from '../../../src-shared/domain/adapters/prune.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { MaskEvaluator } from '../adapters/model/mask-evaluator.ts';
import type { AdapterState, ModuleState } from '../adapters/variant/state.ts';
import type { LowRankUpdate } from '../merge/merge-method.ts';
import { elementCount, type HostTensor } from '../tensors/host-tensor.ts';

/**
 * A pruned adapter; `kept` and `total` count entries of its factors A and B. Heads and vectors are neither pruned nor
 * counted.
 */
export interface Pruned {
  readonly state: AdapterState;
  readonly kept: number;
  readonly total: number;
  /** A sentence about the result, e.g. which layers were kept. */
  readonly note?: string;
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
  prune(
    state: AdapterState,
    description: ModelDescription,
    parameters: ParameterValues,
    context: PruneContext,
  ): Pruned | Promise<Pruned>;
  /** Throws if `prune` would refuse an adapter with these modules and parts; absent if the method accepts any. */
  check?(adapter: PruneInput, description: ModelDescription, parameters: ParameterValues): void;
}

/**
 * The adapter on its base, on a seeded sample of a dataset's training split. Scores are accuracies of classes, else
 * negative losses, with the heads on.
 */
export interface PruneData extends MaskEvaluator {
  /** Inputs X [rows, inFeatures] of a module with the whole adapter on, one row a token or image patch. */
  inputs(module: string): Promise<HostTensor>;
}

/** Further inputs of a method. */
export interface PruneContext {
  /** The base's weight [outFeatures, inFeatures] of a module. */
  baseWeight(name: string): Promise<HostTensor>;
  /** The adapter on calibration examples; of methods that declare `data`. Loaded on first use. */
  data(): Promise<PruneData>;
  /** Reports progress; may throw to end the pruning. */
  progress(phase: string, done: number, total: number): Promise<void>;
}

/** Input of a method's check: an adapter or its outline, whose tensors are not read. */
export interface PruneInput extends Pick<AdapterState, 'variant'> {
  readonly modules: ReadonlyMap<string, ModuleState<unknown>>;
}

/** Names of the adapted modules. */
export type Outlined = { readonly modules: ReadonlyMap<string, unknown> };

/** The adapted layers, from the input up. */
export function adaptedLayers(state: Outlined, description: ModelDescription): number[] {
  const found = new Set(modulesInLayers(state, description).map(({ layer }) => layer));
  return [...found].sort((one, other) => one - other);
}

/** Removes the adapters of all layers not in `kept`; modules outside the layers stay. */
export function keepLayers(state: AdapterState, description: ModelDescription, kept: readonly number[]): Pruned {
  return keepModules(state, keptModules(state, description, kept));
}

/**
 * Removes the adapters of all modules not in `names`. The written config names the remaining modules, so that PEFT creates
 * only these.
 */
export function keepModules(state: AdapterState, names: ReadonlySet<string>): Pruned {
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
  ).at('layers');
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

/** Returns true if a part is one of the factors A and B, which some methods prune. */
export function isFactor(part: string): part is 'a' | 'b' {
  return part === 'a' || part === 'b';
}

/** @throws StudioError refused for an adapter whose modules have no factors A and B */
export function requireFactors({ variant, modules }: PruneInput, method: string): void {
  if ([...modules.values()].every(({ tensors }) => tensors.has('a') && tensors.has('b'))) return;
  throw new StudioError(
    'refused',
    `${method} prunes the factors A and B, which adapters of ${variant.declaration.label} do not have.`,
    'Prune by layers instead, or convert the adapter to plain LoRA first: export it to lora.',
  ).at('method');
}

/** Parts beside A and B that leave their product as it is. */
const besideProduct = new Set(['a', 'b', 'magnitude', 'bias']);

/** @throws StudioError refused for an adapter whose B·A has further factors, such as AdaLoRA's singular values. */
export function requirePlainFactors(state: PruneInput, method: string): void {
  requireFactors(state, method);
  const others = [...state.modules.values()].flatMap(({ tensors }) => [...tensors.keys()]);
  if (others.every((part) => besideProduct.has(part))) return;
  throw new StudioError(
    'refused',
    `${method} needs the product B·A, which has further factors in adapters of ${state.variant.declaration.label}.`,
    'Convert the adapter to plain LoRA first: export it to lora.',
  ).at('method');
}

/** @throws StudioError refused unless ΔW of every module is B·A alone, so that it can be factored again. */
export function requireProduct(state: PruneInput, method: string): void {
  requirePlainFactors(state, method);
  const { product, declaration } = state.variant;
  const { lowRank, reason } = product;
  if (lowRank !== null && [...state.modules.values()].every(({ tensors }) => !tensors.has('bias'))) return;
  throw new StudioError(
    'refused',
    `${method} needs adapters whose ΔW is B·A alone; of ${declaration.label} it is not: ${reason ?? 'it trains biases too'}.`,
    'Prune entries of the factors instead.',
  ).at('method');
}

/** ΔW = scaling · B·A of a module that has passed `requireProduct`. */
export function productOf({ tensors, scaling, rank }: ModuleState): LowRankUpdate {
  const [a, b] = [tensors.get('a'), tensors.get('b')];
  if (!a || !b) throw new Error('a module without factors was not refused');
  return { a, b, scaling, rank: rank ?? a.shape[0] ?? 0 };
}

/** @throws StudioError not_finite naming the first module with a NaN or an infinite value */
export function refuseNotFinite({ modules }: Pick<AdapterState, 'modules'>): void {
  for (const [name, { tensors }] of modules)
    for (const [part, { data }] of tensors)
      if (!data.every(Number.isFinite))
        throw new StudioError(
          'not_finite',
          `The adapter cannot be pruned: ${part} of ${name} has a NaN or an infinite value.`,
          'Train it again with a lower learning rate, or take an earlier checkpoint.',
        );
}

/** The adapted modules that lie in a layer, in the adapter's order. */
export function modulesInLayers(
  adapter: Outlined,
  description: ModelDescription,
): { readonly name: string; readonly layer: number }[] {
  const layers = layerOf(description);
  return [...adapter.modules.keys()].flatMap((name) => {
    const layer = layers.get(name) ?? null;
    return layer === null ? [] : [{ name, layer }];
  });
}

/** Layer of each linear of the base; null outside the layers. */
export function layerOf(description: ModelDescription): Map<string, number | null> {
  return new Map(description.linears.map((module) => [module.name, module.layer]));
}
