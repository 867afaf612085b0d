import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapter.ts';
import type { ModelDescription } from '../../../../src-shared/domain/model.ts';
import type { ModuleFactors } from '../state.ts';
import { findLinear, isSavedBy, lastName, resolveTargetModules } from '../target-modules.ts';
import type { AdapterVariant } from '../variant.ts';
import { patternValue } from './patterns.ts';

type Fitted = Pick<ModuleFactors, 'rank' | 'scaling'>;

/** Rank and scaling that a config gives a module, as PEFT works them out. `names`: today's first, then older ones. */
export function configuredFactors(config: AdapterConfig, variant: AdapterVariant, names: readonly string[]): Fitted {
  const rank = patternValue(config.rank_pattern, names, config.r, 'rank_pattern');
  const alpha = patternValue(config.alpha_pattern, names, config.lora_alpha, 'alpha_pattern');
  return { rank, scaling: variant.scaling(alpha, rank) };
}

/**
 * The config from which PEFT, on a base with today's names, makes exactly these modules with these ranks and scalings and
 * saves exactly these tensors. What already says so is left alone; the rest is said anew: targets by their last names, by
 * last names and layers, or in full; ranks and alphas by full name where they differ from the most frequent ones.
 *
 * @param modules by today's names.
 * @param savedNames names of saved tensors, e.g. classifier.weight.
 */
export function derivePeftConfig(
  config: AdapterConfig,
  variant: AdapterVariant,
  modules: ReadonlyMap<string, Fitted>,
  savedNames: Iterable<string>,
  description: ModelDescription,
): AdapterConfig {
  const today = { ...description, linears: description.linears.map((module) => ({ ...module, aliases: [] })) };
  const saved = fitSaved(config, savedNames);
  // Whether weights are stored [in, out] is the base's affair; PEFT wants to be told.
  const turned = [...modules.keys()].some((name) => findLinear(today, name)?.fanInFanOut);
  const fan_in_fan_out = modules.size === 0 ? saved.fan_in_fan_out : turned;
  return fitFactors(fitTargets({ ...saved, fan_in_fan_out }, modules, today), variant, modules);
}

function fitSaved(config: AdapterConfig, savedNames: Iterable<string>): AdapterConfig {
  const names = [...new Set([...savedNames].map((name) => name.slice(0, name.lastIndexOf('.'))))];
  const entries = config.modules_to_save ?? [];
  const missing = names.filter((name) => !entries.some((entry) => isSavedBy(name, entry)));
  return missing.length === 0 ? config : { ...config, modules_to_save: [...entries, ...missing] };
}

function fitTargets(
  config: AdapterConfig,
  modules: ReadonlyMap<string, Fitted>,
  today: ModelDescription,
): AdapterConfig {
  if (modules.size === 0) return config;
  const names = [...modules.keys()];
  const bare = { ...config, exclude_modules: null, layers_to_transform: null, layers_pattern: null };
  const ends = [...new Set(names.map(lastName))].sort();
  const layers = new Set(names.map((name) => findLinear(today, name)?.layer ?? null));
  const candidates: AdapterConfig[] = [
    ...(config.target_modules === 'all-linear' ? [] : [config]),
    { ...bare, target_modules: ends },
    ...(layers.has(null)
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

function makesExactly(config: AdapterConfig, modules: ReadonlyMap<string, Fitted>, today: ModelDescription): boolean {
  try {
    const made = resolveTargetModules(config, today);
    return made.length === modules.size && made.every((module) => modules.has(module.name));
  } catch (error) {
    // Targets in older names meet nothing here: that is the answer, not a failure.
    if (error instanceof StudioError) return false;
    throw error;
  }
}

function fitFactors(
  config: AdapterConfig,
  variant: AdapterVariant,
  modules: ReadonlyMap<string, Fitted>,
): AdapterConfig {
  const fits = [...modules].every(([name, factors]) => {
    const configured = configuredFactors(config, variant, [name]);
    return configured.rank === factors.rank && isClose(configured.scaling, factors.scaling);
  });
  if (fits)
    return {
      ...config,
      rank_pattern: matchingKeys(config.rank_pattern, modules, 'rank_pattern'),
      alpha_pattern: matchingKeys(config.alpha_pattern, modules, 'alpha_pattern'),
    };
  const wanted = [...modules].map(([name, { rank, scaling }]) => {
    if (!(scaling > 0 && Number.isFinite(scaling)))
      throw new StudioError(
        'refused',
        `The adapter's scaling on ${name} is ${scaling}; PEFT's lora_alpha can only be positive.`,
        'Give the sign or the zero to the factor B instead.',
      );
    return { name, rank, alpha: Number(variant.loraAlpha(scaling, rank).toPrecision(12)) };
  });
  const r = mostFrequent(wanted.map((module) => module.rank));
  const alpha = mostFrequent(wanted.map((module) => module.alpha));
  const others = (key: 'rank' | 'alpha', usual: number) =>
    Object.fromEntries(
      wanted.filter((module) => module[key] !== usual).map((module) => [module.name, module[key]] as const),
    );
  return { ...config, r, lora_alpha: alpha, rank_pattern: others('rank', r), alpha_pattern: others('alpha', alpha) };
}

/** PEFT warns of keys that mean no module, such as those of a pruned one. */
function matchingKeys(
  pattern: Readonly<Record<string, number>>,
  modules: ReadonlyMap<string, Fitted>,
  field: 'rank_pattern' | 'alpha_pattern',
): Record<string, number> {
  const isMet = (key: string) => [...modules.keys()].some((name) => patternValue({ [key]: 1 }, [name], 0, field) === 1);
  return Object.fromEntries(Object.entries(pattern).filter(([key]) => modules.size === 0 || isMet(key)));
}

function isClose(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.abs(other);
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
