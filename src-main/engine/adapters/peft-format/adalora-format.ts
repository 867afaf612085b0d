import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { mapOf, numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { warmupStepCount } from '../../learning-rate/index.ts';
import { type ModuleStrength, type PeftFormat, requireRank } from '../variant/variant.ts';

/** PEFT's AdaLoraConfig, with PEFT's defaults (PEFT 0.21); total_step has none there. */
const configSchema = z.object({
  init_r: z.number().int().min(1).default(12),
  target_r: z.number().int().min(1).default(8),
  tinit: z.number().int().min(0).default(0),
  tfinal: z.number().int().min(0).default(0),
  deltaT: z.number().int().min(1).default(1),
  beta1: z.number().gt(0).lt(1).default(0.85),
  beta2: z.number().gt(0).lt(1).default(0.85),
  orth_reg_weight: z.number().min(0).default(0.5),
  lora_alpha: z.number().positive().default(8),
  lora_dropout: z.number().min(0).max(1).default(0),
  total_step: z.number().int().min(1),
});

/** Remaining triplets of each module among the first ones, by the name of its E: `<module>.lora_E`. */
const patternSchema = z.record(z.string(), z.array(z.boolean())).nullish();

/** PEFT divides by the rank plus this. */
const beside = 1e-5;

/** The steps of warm-up and of final training at fixed ranks; values below 1 are shares of all steps. */
export function budgetPhases(parameters: ParameterValues, totalSteps: number): { tinit: number; tfinal: number } {
  return {
    tinit: warmupStepCount(numberOf(parameters, 'tinit'), totalSteps),
    tfinal: warmupStepCount(numberOf(parameters, 'tfinal'), totalSteps),
  };
}

/** The rank that is left after allocation, by rank_pattern; the scaling stays that of the first rank. */
export function adaloraStrength(parameters: ParameterValues, names: readonly string[]): ModuleStrength {
  // Only a trained adapter has one.
  const counts = parameters['rank_pattern'] === undefined ? {} : mapOf(parameters, 'rank_pattern');
  const name = names.find((one) => Object.hasOwn(counts, one));
  const first = numberOf(parameters, 'init_r');
  const rank = name === undefined ? first : (counts[name] ?? first);
  return { rank, scaling: numberOf(parameters, 'lora_alpha') / (first + beside) };
}

export const adaloraFormat: PeftFormat = {
  type: 'ADALORA',
  ownKeys: Object.keys(configSchema.shape),
  sharedKeys: [
    'exclude_modules',
    'layers_to_transform',
    'layers_pattern',
    'bias',
    'fan_in_fan_out',
    'trainable_token_indices',
  ],
  matches: () => true,
  refuse(config, where) {
    const { orth_reg_weight: weight, use_dora: dora, loftq_config: loftq } = config;
    if (dora === true || (typeof loftq === 'object' && loftq !== null && Object.keys(loftq).length > 0))
      throw new StudioError(
        'refused',
        `${where}: AdaLoRA cannot be used with ${dora === true ? 'use_dora' : 'loftq_config'}.`,
        'Leave the key out of the config.',
      );
    if (typeof weight === 'number' && weight < 0)
      throw new StudioError('refused', `${where}: orth_reg_weight is ${weight}.`, 'Set it to 0 or more.');
  },
  fromConfig: (config) => ({
    ...configSchema.parse(config),
    rank_pattern: Object.fromEntries(
      Object.entries(patternSchema.parse(config['rank_pattern']) ?? {}).map(([key, kept]) => [
        key.replace(/\.lora_E(\.\w+)?$/, ''),
        kept.filter(Boolean).length,
      ]),
    ),
  }),
  toConfig(parameters, modules, config) {
    const { rank_pattern, ...own } = parameters;
    const total_step = typeof own['total_step'] === 'number' ? own['total_step'] : 1000;
    return {
      ...own,
      ...budgetPhases(parameters, total_step),
      total_step,
      lora_alpha: alphaOf(parameters, modules),
      rank_pattern: patternOf(parameters, modules, config['rank_pattern']),
    };
  },
  parts: ['a', 'b', 'e'],
  tensorKey: (_, part) => `lora_${part.toUpperCase()}`,
};

/** @throws StudioError refused where the modules' scalings are not one alpha's. */
function alphaOf(parameters: ParameterValues, modules: ReadonlyMap<string, ModuleStrength>): number {
  const alpha = numberOf(parameters, 'lora_alpha');
  const divisor = numberOf(parameters, 'init_r') + beside;
  const wanted = [...modules.values()].map(({ scaling }) => scaling * divisor);
  const [first = alpha] = wanted;
  const isOne = wanted.every((value) => Math.abs(value - first) <= 1e-9 * Math.abs(first));
  if (isOne && first > 0) return Math.abs(first - alpha) <= 1e-9 * alpha ? alpha : Number(first.toPrecision(12));
  throw new StudioError(
    'refused',
    "PEFT's AdaLoRA has one positive lora_alpha for all modules, and the scalings of these modules need others.",
    'Give the factors to E instead, or make a plain LoRA of the adapter by a merge.',
  );
}

/** The given lists where they say the same ranks, null where no rank was taken away, else lists that keep the first triplets. */
function patternOf(
  parameters: ParameterValues,
  modules: ReadonlyMap<string, ModuleStrength>,
  given: unknown,
): Record<string, boolean[]> | null {
  const first = numberOf(parameters, 'init_r');
  const lists = patternSchema.safeParse(given).data ?? {};
  const made = [...modules].map(([name, module]): [string, boolean[]] => {
    const rank = requireRank(module);
    const known = lists[`${name}.lora_E`];
    if (known?.filter(Boolean).length === rank) return [`${name}.lora_E`, known];
    if (rank > first)
      throw new StudioError(
        'refused',
        `The adapter has rank ${rank} on ${name}, but PEFT's AdaLoRA keeps at most init_r = ${first}.`,
        'Make a plain LoRA of the adapter by a merge.',
      );
    return [`${name}.lora_E`, Array.from({ length: first }, (_, index) => index < rank)];
  });
  return made.every(([, kept]) => kept.every(Boolean)) && given == null ? null : Object.fromEntries(made);
}
