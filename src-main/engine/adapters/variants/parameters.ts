import type { ParameterSpec } from '../../../../src-shared/domain/parameter.ts';

/** What a person sets on an adapter made of two low-rank factors; names and meanings are PEFT's. */
export const lowRankParameters: ParameterSpec[] = [
  {
    name: 'r',
    label: 'Rank',
    type: 'integer',
    default: 8,
    minimum: 1,
    maximum: 1024,
    step: 1,
    help: 'Inner size of B·A: the adapter has r · (in + out) parameters a linear.',
  },
  {
    name: 'lora_alpha',
    label: 'Alpha',
    type: 'number',
    default: 16,
    minimum: 0.001,
    step: 1,
    help: "Strength of the adapter, before it is divided by the rank as the variant's scaling says.",
  },
  {
    name: 'lora_dropout',
    label: 'Dropout',
    type: 'number',
    default: 0,
    minimum: 0,
    maximum: 0.95,
    step: 0.05,
    unit: 'probability',
    help: "Chance that an entry of the adapter's input is zeroed during training; the base's own input is left alone.",
  },
  {
    name: 'init_lora_weights',
    label: 'Initialization of A',
    type: 'choice',
    default: 'kaiming',
    choices: [
      { value: 'kaiming', label: 'Kaiming uniform: within ±1/√in' },
      { value: 'gaussian', label: 'Gaussian: standard deviation 1/r' },
    ],
    help: 'How A starts. B starts at zero, so training begins from the unchanged base either way.',
  },
];
