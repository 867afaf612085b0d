import type { ParameterSpec } from '../../../src-shared/domain/parameters/parameter.ts';

export const layerCountParameter: ParameterSpec = {
  name: 'layers',
  label: 'Layers',
  type: 'integer',
  default: 2,
  minimum: 1,
  maximum: 1000,
  step: 1,
  unit: 'layers',
  help: 'Number of layers that keep their adapters.',
};

export const sparsityParameter: ParameterSpec = {
  name: 'sparsity',
  label: 'Sparsity',
  type: 'number',
  default: 0.5,
  minimum: 0,
  maximum: 1,
  step: 0.05,
  help: 'Share of entries that become zero: 1 minus the density.',
};

export function seedParameter(help: string): ParameterSpec {
  return {
    name: 'seed',
    label: 'Seed',
    type: 'integer',
    default: 0,
    minimum: 0,
    maximum: 2 ** 31 - 1,
    help,
    advanced: true,
  };
}

/**
 * Number of entries that stay out of n: ⌊(1 − sparsity) · n⌋, as PEFT counts by density. 1 − 0.29 times 100 is 71.000…01 or
 * 70.999…9 in binary, which must not cost an entry.
 */
export function keptCount(sparsity: unknown, n: number): number {
  return Math.min(n, Math.floor((1 - Number(sparsity)) * n + 1e-9));
}

/** Parameters of methods that run the adapter on examples. */
export const calibrationParameters: readonly ParameterSpec[] = [
  {
    name: 'calibration_samples',
    label: 'Calibration samples',
    type: 'integer',
    default: 128,
    minimum: 1,
    maximum: 100_000,
    unit: 'examples',
    help: 'Examples of the training split that the method looks at, a seeded sample. The test split is never read.',
  },
  seedParameter('Draws the calibration examples.'),
];

export const unitParameter: ParameterSpec = {
  name: 'unit',
  label: 'Unit',
  type: 'choice',
  default: 'layer',
  choices: [
    { value: 'layer', label: 'Layer' },
    { value: 'module', label: 'Module' },
  ],
  help: 'What is kept or removed as a whole: all adapters of a layer, or each module by itself.',
};

export const keptUnitsParameter: ParameterSpec = {
  name: 'keep',
  label: 'Keep',
  type: 'integer',
  default: 2,
  minimum: 1,
  maximum: 10_000,
  help: 'Number of layers, or of modules, that keep their adapters.',
};
