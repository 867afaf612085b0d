import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';

/** Parameters that several methods have, with PEFT's names. */
export function densityParameter(defaultValue: number, help: string): ParameterSpec {
  return {
    name: 'density',
    label: 'Density',
    type: 'number',
    default: defaultValue,
    minimum: 0.01,
    maximum: 1,
    step: 0.05,
    help,
  };
}

export const majoritySignParameter: ParameterSpec = {
  name: 'majority_sign_method',
  label: 'Sign elected by',
  type: 'choice',
  default: 'total',
  choices: [
    { value: 'total', label: 'Total: the sum of the entries' },
    { value: 'frequency', label: 'Frequency: the number of adapters' },
  ],
  help: 'How the sign of each entry is elected; entries of the opposite sign are dropped.',
};

export const seedParameter: ParameterSpec = {
  name: 'seed',
  label: 'Seed',
  type: 'integer',
  default: 0,
  minimum: 0,
  step: 1,
  help: 'Seed of the random choices: the same seed gives the same merge.',
};

/** The value of `majoritySignParameter`. */
export function majoritySign(value: unknown): 'total' | 'frequency' {
  return value === 'frequency' ? 'frequency' : 'total';
}
