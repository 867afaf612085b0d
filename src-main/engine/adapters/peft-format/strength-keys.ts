import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { mapOf, numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { type ModuleStrength, requireRank } from '../variant/variant.ts';
import { patternOf } from './patterns.ts';

/** Keys of rank and scaling in a PEFT type: its name of alpha, and the divisor of alpha. */
export interface StrengthFormula {
  readonly alpha: 'lora_alpha' | 'alpha';
  divisor(rank: number): number;
}

/** Rank and scaling as PEFT works them out: alpha over `divisor(rank)`, each after its pattern. */
export function patternStrength({ alpha: alphaName, divisor }: StrengthFormula) {
  return (parameters: ParameterValues, names: readonly string[]): ModuleStrength => {
    const rank = patternOf(parameters, 'rank_pattern').valueOf(names, numberOf(parameters, 'r'));
    const alpha = patternOf(parameters, 'alpha_pattern').valueOf(names, numberOf(parameters, alphaName));
    return { rank, scaling: alpha / divisor(rank) };
  };
}

/**
 * The keys r, alpha, rank_pattern and alpha_pattern. Settings that already give these ranks and scalings are left
 * alone; otherwise they become the most frequent ones, and modules that differ are listed by full name.
 * @throws StudioError refused for a scaling that no alpha gives.
 */
export function strengthKeys(
  parameters: ParameterValues,
  modules: ReadonlyMap<string, ModuleStrength>,
  formula: StrengthFormula,
): Record<string, unknown> {
  const configured = patternStrength(formula);
  const fits = [...modules].every(([name, module]) => {
    const { rank, scaling } = configured(parameters, [name]);
    return rank === module.rank && isClose(scaling, module.scaling);
  });
  if (fits)
    return {
      r: parameters['r'],
      [formula.alpha]: parameters[formula.alpha],
      rank_pattern: matchingKeys(parameters, 'rank_pattern', modules),
      alpha_pattern: matchingKeys(parameters, 'alpha_pattern', modules),
    };
  const wanted = [...modules].map(([name, module]) => {
    const { scaling } = module;
    const rank = requireRank(module);
    if (!(scaling > 0 && Number.isFinite(scaling)))
      throw new StudioError(
        'refused',
        `The adapter's scaling on ${name} is ${scaling}; PEFT's ${formula.alpha} can only be positive.`,
        'Give the sign or the zero to the factor B instead.',
      );
    return { name, rank, alpha: alphaOf(scaling, formula.divisor(rank)) };
  });
  const r = mostFrequent(wanted.map((module) => module.rank));
  const alpha = mostFrequent(wanted.map((module) => module.alpha));
  const others = (key: 'rank' | 'alpha', usual: number) =>
    Object.fromEntries(
      wanted.filter((module) => module[key] !== usual).map((module) => [module.name, module[key]] as const),
    );
  return { r, [formula.alpha]: alpha, rank_pattern: others('rank', r), alpha_pattern: others('alpha', alpha) };
}

/** alpha = scaling · divisor: of few digits where that gives the same scaling, else the double that gives it, if one does. */
export function alphaOf(scaling: number, divisor: number): number {
  const product = scaling * divisor;
  const step = 2 ** (Math.floor(Math.log2(Math.abs(product))) - 52);
  const candidates = [Number(product.toPrecision(12)), product, product - step, product + step];
  return candidates.find((alpha) => alpha / divisor === scaling) ?? product;
}

/** Counterpart of `strengthKeys` for a type whose modules differ in rank alone: r and rank_pattern. */
export function rankKeys(
  parameters: ParameterValues,
  modules: ReadonlyMap<string, ModuleStrength>,
): Record<string, unknown> {
  const ranks = new Map([...modules].map(([name, module]) => [name, requireRank(module)]));
  return patternKeys(['r', 'rank_pattern'], parameters, ranks);
}

/**
 * A setting and its pattern, such as r and rank_pattern, from which PEFT gives each module, by today's name, its value.
 * A setting that already gives these values is left alone; otherwise it becomes the most frequent value, and modules
 * that differ are listed by full name.
 */
export function patternKeys(
  [setting, field]: readonly [setting: string, pattern: string],
  parameters: ParameterValues,
  values: ReadonlyMap<string, number>,
): Record<string, unknown> {
  const pattern = patternOf(parameters, field);
  const usual = numberOf(parameters, setting);
  const fits = [...values].every(([name, value]) => pattern.valueOf([name], usual) === value);
  if (fits) return { [setting]: usual, [field]: matchingKeys(parameters, field, values) };
  const common = mostFrequent([...values.values()]);
  return { [setting]: common, [field]: Object.fromEntries([...values].filter(([, value]) => value !== common)) };
}

/** PEFT warns of keys that mean no module, such as those of a pruned one. */
export function matchingKeys(
  parameters: ParameterValues,
  field: string,
  modules: ReadonlyMap<string, unknown>,
): Record<string, number> {
  return modules.size === 0
    ? { ...mapOf(parameters, field) }
    : patternOf(parameters, field).matching([...modules.keys()]);
}

function isClose(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.abs(other);
}

export function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0];
}
