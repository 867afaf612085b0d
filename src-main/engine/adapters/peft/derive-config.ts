import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { AdapterDescription } from '../state.ts';
import { findLinear, isSavedBy, lastName, resolveTargetModules } from '../target-modules.ts';
import type { AdapterVariant, ModuleStrength, SharedKey } from '../variant.ts';

/** Parts of an adapter that determine its config, without its tensors. */
export interface ConfiguredAdapter extends Pick<AdapterDescription, 'variant' | 'parameters' | 'config'> {
  /** By today's names. */
  readonly modules: ReadonlyMap<string, ModuleStrength>;
  /** Names of saved tensors, e.g. classifier.weight. */
  readonly savedNames: Iterable<string>;
}

/** Keys about targets that not every type of PEFT's has, as an adapter without them has them. */
const unusedSharedKeys = {
  exclude_modules: null,
  layers_to_transform: null,
  layers_pattern: null,
  bias: 'none',
  fan_in_fan_out: false,
} as const satisfies Pick<AdapterConfig, SharedKey>;

/**
 * The config from which PEFT, on a base with today's names, makes exactly these modules with these ranks and scalings
 * and saves exactly these tensors. Settings that already match are left alone; the others are rewritten: targets by
 * their last names, by last names and layers, or in full.
 */
export function derivePeftConfig(adapter: ConfiguredAdapter, description: ModelDescription): Record<string, unknown> {
  const { variant, parameters, modules, savedNames } = adapter;
  const today = { ...description, linears: description.linears.map((module) => ({ ...module, aliases: [] })) };
  const saved = { ...adapter.config, modules_to_save: savedEntries(adapter.config, savedNames) };
  // The base determines if weights are stored [in, out]; PEFT's config repeats it.
  const turned = [...modules.keys()].some((name) => findLinear(today, name)?.fanInFanOut);
  const fan_in_fan_out = modules.size === 0 ? saved.fan_in_fan_out : turned;
  const config = fitTargets(variant, { ...saved, fan_in_fan_out }, modules, today);
  const namesOf = (name: string) => [name, ...(findLinear(description, name)?.aliases ?? [])];
  const own = variant.files.toConfig(parameters, modules, config, namesOf);
  return { ...withKeysOf(variant, config), peft_type: variant.files.type, ...own };
}

/** modules_to_save with the modules of saved tensors that no entry means. */
export function savedEntries(config: AdapterConfig, savedNames: Iterable<string>): string[] | null {
  const names = [...new Set([...savedNames].map((name) => name.slice(0, name.lastIndexOf('.'))))];
  const entries = config.modules_to_save ?? [];
  const missing = names.filter((name) => !entries.some((entry) => isSavedBy(name, entry)));
  return missing.length === 0 ? config.modules_to_save : [...entries, ...missing];
}

function withKeysOf({ files }: AdapterVariant, config: AdapterConfig): Record<string, unknown> {
  const isKnown = (key: string) => !(key in unusedSharedKeys) || files.sharedKeys.some((known) => known === key);
  return Object.fromEntries(Object.entries(config).filter(([key]) => isKnown(key)));
}

function fitTargets(
  variant: AdapterVariant,
  config: AdapterConfig,
  modules: ReadonlyMap<string, ModuleStrength>,
  today: ModelDescription,
): AdapterConfig {
  if (modules.size === 0) return config;
  const { sharedKeys } = variant.files;
  const names = [...modules.keys()];
  const bare = { ...config, exclude_modules: null, layers_to_transform: null, layers_pattern: null };
  const ends = [...new Set(names.map(lastName))].sort();
  const layers = new Set(names.map((name) => findLinear(today, name)?.layer ?? null));
  const saysMore = (['exclude_modules', 'layers_to_transform', 'layers_pattern'] as const).some(
    (key) => config[key] !== null && !sharedKeys.includes(key),
  );
  const candidates: AdapterConfig[] = [
    ...(config.target_modules === 'all-linear' || saysMore ? [] : [config]),
    { ...bare, target_modules: ends },
    ...(layers.has(null) || !sharedKeys.includes('layers_to_transform')
      ? []
      : [
          {
            ...bare,
            target_modules: ends,
            layers_to_transform: [...layers].filter((layer) => layer !== null).sort((one, other) => one - other),
          },
        ]),
  ];
  return candidates.find((candidate) => makesExactly(candidate, modules, today)) ?? { ...bare, target_modules: names };
}

function makesExactly(
  config: AdapterConfig,
  modules: ReadonlyMap<string, ModuleStrength>,
  today: ModelDescription,
): boolean {
  try {
    const made = resolveTargetModules(config, today);
    return made.length === modules.size && made.every((module) => modules.has(module.name));
  } catch (error) {
    // Targets in older names meet nothing here: that is the answer, not a failure.
    if (error instanceof StudioError) return false;
    throw error;
  }
}
