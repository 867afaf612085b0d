import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { findLinear, isSavedBy, lastName, resolveTargetModules, targetsParameter } from '../targets/target-modules.ts';
import type { AdapterDescription } from '../variant/state.ts';
import type { AdapterVariant, ModuleStrength, SharedKey } from '../variant/variant.ts';
import { tokenRowsModule, trainedTokens } from '../weights/trained-tokens.ts';

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
  trainable_token_indices: null,
} as const satisfies Pick<AdapterConfig, SharedKey>;

/**
 * The config from which PEFT, on a base with today's names, makes exactly these modules with these ranks and scalings
 * and saves exactly these tensors. Settings that already match are left alone; the others are rewritten: targets by
 * their last names, by last names and layers, or in full.
 */
export function derivePeftConfig(adapter: ConfiguredAdapter, description: ModelDescription): Record<string, unknown> {
  const { variant, parameters, modules } = adapter;
  const savedNames = [...adapter.savedNames];
  const today = { ...description, linears: description.linears.map((module) => ({ ...module, aliases: [] })) };
  const saved = { ...adapter.config, modules_to_save: savedEntries(adapter.config, savedNames) };
  // The base determines if weights are stored [in, out]; PEFT's config repeats it.
  const turned = [...modules.keys()].some((name) => findLinear(today, name)?.fanInFanOut);
  const fan_in_fan_out = modules.size === 0 ? saved.fan_in_fan_out : turned;
  const strengths = expertStrengths(modules, today);
  const plain = new Map([...modules].filter(([name]) => findLinear(today, name)?.expert === undefined));
  const fitted = fitTargets(variant, { ...saved, fan_in_fan_out }, plain, today);
  const hasExperts = plain.size < modules.size;
  const config = hasExperts && plain.size === 0 ? { ...fitted, target_modules: [] } : fitted;
  const namesOf = (name: string) => [name, ...(findLinear(description, name)?.aliases ?? [])];
  const own = variant.files.toConfig(parameters, strengths, config, namesOf);
  const tokens = trainedTokens(config, savedNames);
  const tokenKeys = tokens === null ? {} : { trainable_token_indices: tokens };
  const keys = { ...withKeysOf(variant, config), peft_type: variant.files.type, ...own, ...tokenKeys };
  // PEFT under transformers 5 writes an empty list for mixtures.
  if (!hasExperts) return config.target_parameters?.length === 0 ? { ...keys, target_parameters: [] } : keys;
  // PEFT starts the factors before it reads them, and knows this start alone for parameters.
  return { ...keys, target_parameters: fitParameters(strengths, today), init_lora_weights: true };
}

/** Strengths with those of experts under the names of their parameters: the largest rank, and the first one's scaling. */
export function expertStrengths(
  modules: ReadonlyMap<string, ModuleStrength>,
  description: Pick<ModelDescription, 'linears'>,
): Map<string, ModuleStrength> {
  const experts = new Map(description.linears.map(({ name, expert }) => [name, expert]));
  const strengths = new Map<string, ModuleStrength>();
  for (const [name, strength] of modules) {
    const key = experts.get(name)?.parameter ?? name;
    const before = strengths.get(key);
    const rank = Math.max(before?.rank ?? 0, strength.rank ?? 0);
    strengths.set(key, before === undefined ? strength : { ...before, rank });
  }
  return strengths;
}

/** Entries of target_parameters that mean exactly the adapted ones: the ends of their names if these do, else the names. */
function fitParameters(strengths: ReadonlyMap<string, unknown>, { linears }: ModelDescription): string[] {
  const all = [...new Set(linears.flatMap(({ expert }) => expert?.parameter ?? []))];
  const adapted = all.filter((name) => strengths.has(name));
  const target_parameters = [...new Set(adapted.map((name) => name.split('.').slice(-3).join('.')))].sort();
  const meant = all.filter((name) => targetsParameter({ target_modules: null, target_parameters }, name));
  return meant.length === adapted.length ? target_parameters : adapted;
}

/** modules_to_save with the modules of saved tensors that no entry means. */
export function savedEntries(config: AdapterConfig, savedNames: Iterable<string>): string[] | null {
  const whole = [...savedNames].filter((name) => tokenRowsModule(name) === null);
  const names = [...new Set(whole.map((name) => name.slice(0, name.lastIndexOf('.'))))];
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
    const made = resolveTargetModules({ ...config, target_parameters: null }, today);
    return made.length === modules.size && made.every((module) => modules.has(module.name));
  } catch (error) {
    // Targets in older names meet nothing here: that is the answer, not a failure.
    if (error instanceof StudioError) return false;
    throw error;
  }
}
