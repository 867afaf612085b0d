import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';

/** Values that fit the tiny golden models, whichever of them a variant has; the rest stays at its defaults. */
const small: ParameterValues = {
  r1: 2,
  r2: 3,
  r: 4,
  lora_alpha: 5,
  alpha: 5,
  delora_lambda: 2,
  randlora_alpha: 1,
  oft_block_size: 0,
  block_size: 4,
  init_weights: 'zeros',
  init_r: 4,
  target_r: 2,
  // Suites compare passes, which would draw other masks.
  inner_dropout: 0,
};

export function smallParameters({ parameters }: Declaration): ParameterValues {
  const isOffered = ([name, value]: [string, ParameterValues[string]]) =>
    parameters.some(
      (spec) => spec.name === name && (spec.choices === undefined || spec.choices.some((one) => one.value === value)),
    );
  return Object.fromEntries(Object.entries(small).filter(isOffered));
}
