import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { initializationParameters } from '../initializations/index.ts';

/** Parameters of adapters made of two low-rank factors; names and meanings are PEFT's. */
export const lowRankParameters: ParameterSpec[] = [
  rankParameter(8),
  {
    name: 'lora_alpha',
    label: 'Alpha',
    type: 'number',
    default: 16,
    above: 0,
    step: 1,
    help: "Strength of the adapter, before the variant's division by the rank.",
  },
  dropoutParameter('lora_dropout'),
  ...initializationParameters,
  rankPatternParameter(),
  alphaPatternParameter('lora_alpha'),
];

/** Only where the update is B·A alone. */
export const loraBiasParameter: ParameterSpec = {
  name: 'lora_bias',
  label: 'Bias on B',
  type: 'boolean',
  default: false,
  help: 'Trains a bias of B for each adapted linear, starting at zero. Such adapters cannot be merged with others.',
  advanced: true,
};

/** Parameters of projections that all modules share, drawn by torch's generator. */
export const projectionParameters: ParameterSpec[] = [
  {
    name: 'projection_prng_key',
    label: 'Seed of the projections',
    type: 'integer',
    default: 0,
    minimum: 0,
    help: "Seed of torch's generator that draws A and B, as in PEFT. Adapters with the same seed share both matrices.",
    advanced: true,
  },
  {
    name: 'save_projection',
    label: 'Save the projections',
    type: 'boolean',
    default: true,
    help: 'Stores A and B in the folder. Without them the folder is smaller, and a reader draws them again from the seed.',
    advanced: true,
  },
];

/** A dropout under the name that PEFT gives it for the variant; on the adapter's input where `texts` does not say otherwise. */
export function dropoutParameter(
  name: string,
  texts: Partial<Pick<ParameterSpec, 'label' | 'help' | 'default'>> = {},
): ParameterSpec {
  return {
    name,
    label: 'Dropout',
    type: 'number',
    default: 0,
    minimum: 0,
    maximum: 0.95,
    step: 0.05,
    unit: 'probability',
    help: "Probability that an entry of the adapter's input is zeroed during training. The base's own input is unchanged.",
    ...texts,
  };
}

/** The inner size r of a variant; of factors A and B where `help` does not say otherwise. */
export function rankParameter(
  usual: number,
  help = 'Rank of the update B·A; adds r · (in + out) parameters per layer.',
  label = 'Rank',
): ParameterSpec {
  return { name: 'r', label, type: 'integer', default: usual, minimum: 1, maximum: 1024, step: 1, help };
}

/** Other ranks by module. */
export function rankPatternParameter(): ParameterSpec {
  return {
    name: 'rank_pattern',
    label: 'Rank by module',
    type: 'integer-map',
    default: {},
    minimum: 1,
    maximum: 1024,
    empty: 'r for all',
    help: 'Ranks of single modules, by name, end of a name, or regular expression. The first match counts.',
    advanced: true,
  };
}

/** Other alphas by module; `alpha` is PEFT's name of alpha for the variant. */
export function alphaPatternParameter(alpha: 'alpha' | 'lora_alpha'): ParameterSpec {
  return {
    name: 'alpha_pattern',
    label: 'Alpha by module',
    type: 'number-map',
    default: {},
    above: 0,
    empty: `${alpha} for all`,
    help: `Values of ${alpha} for single modules, by name, end of a name, or regular expression. The first match counts.`,
    advanced: true,
  };
}

/** PEFT's name of alpha in types that are not LoRA's. */
export function alphaParameter(usual: number, help: string): ParameterSpec {
  return { name: 'alpha', label: 'Alpha', type: 'number', default: usual, above: 0, step: 1, help };
}
