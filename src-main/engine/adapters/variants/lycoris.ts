import { z } from 'zod';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { patternStrength, type StrengthFormula, strengthKeys } from '../peft-format/strength-keys.ts';
import type { PeftFormat } from '../variant/variant.ts';
import {
  alphaParameter,
  alphaPatternParameter,
  dropoutParameter,
  rankParameter,
  rankPatternParameter,
} from './parameters.ts';

/** Settings that PEFT's LoHaConfig and LoKrConfig share (LycorisConfig), with PEFT's defaults. */
const configSchema = z.object({
  r: z.number().int().min(1).default(8),
  alpha: z.number().positive().default(8),
  rank_dropout: z.number().min(0).max(1).default(0),
  module_dropout: z.number().min(0).max(1).default(0),
  rank_pattern: z.record(z.string(), z.number().int().min(1)).default({}),
  alpha_pattern: z.record(z.string(), z.number().positive()).default({}),
});
/** For convolutions, which no supported base has: without effect on a linear layer. */
const convolutionKey = { use_effective_conv2d: false };

const formula: StrengthFormula = { alpha: 'alpha', divisor: (rank) => rank };
/** alpha / r, each after its pattern. */
export const lycorisStrength = patternStrength(formula);

/** PEFT's rank_dropout, which drops outputs of ΔW, and module_dropout; `rescaled` where what is left is scaled up. */
export const lycorisDropout = (parameters: ParameterValues, rescaled: boolean) => ({
  outputs: numberOf(parameters, 'rank_dropout'),
  rescaled,
  module: numberOf(parameters, 'module_dropout'),
});

/** A type of PEFT's made of `<prefix>_<part>` tensors, with keys of its own beside the common ones. */
export function lycorisFormat(own: {
  readonly type: string;
  readonly prefix: string;
  readonly parts: readonly string[];
  readonly keys: readonly string[];
  fromConfig(config: AdapterConfig): ParameterValues;
  toConfig(parameters: ParameterValues): Record<string, unknown>;
}): PeftFormat {
  return {
    type: own.type,
    refusesConv1d: true,
    ownKeys: [...Object.keys(configSchema.shape), ...Object.keys(convolutionKey), ...own.keys],
    sharedKeys: ['exclude_modules', 'layers_to_transform', 'layers_pattern'],
    matches: () => true,
    fromConfig: (config) => ({ ...configSchema.parse(config), ...own.fromConfig(config) }),
    toConfig: (parameters, modules) => ({
      ...convolutionKey,
      rank_dropout: numberOf(parameters, 'rank_dropout'),
      module_dropout: numberOf(parameters, 'module_dropout'),
      ...strengthKeys(parameters, modules, formula),
      ...own.toConfig(parameters),
    }),
    parts: own.parts,
    tensorKey: (_, part) => `${own.prefix}_${part}`,
  };
}

export const rankDropoutParameter = dropoutParameter('rank_dropout', {
  label: 'Dropout of outputs',
  help: "Probability that an output of the adapter's update is zeroed in a training step. PEFT's name refers to ranks.",
});
export const moduleDropoutParameter = dropoutParameter('module_dropout', {
  label: 'Dropout of modules',
  help: 'Probability that a linear runs without the adapter in a training step.',
});

export function lycorisParameters(rankHelp: string): ParameterSpec[] {
  return [
    rankParameter(8, rankHelp),
    alphaParameter(8, 'Strength of the adapter: its update is scaled by alpha / r.'),
    rankDropoutParameter,
    moduleDropoutParameter,
    rankPatternParameter(),
    alphaPatternParameter('alpha'),
  ];
}
