import type { ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { AdapterVariant } from '../variant/variant.ts';
import { lora } from './lora.ts';
import { writtenAsLora } from './written-as-lora.ts';

const parameters: ParameterSpec[] = [
  {
    name: 'loraplus_lr_ratio',
    label: 'Learning rate ratio B / A',
    type: 'number',
    default: 16,
    minimum: 1,
    step: 1,
    help: "Learning rate of B and of trained biases, as a multiple of the run's learning rate, which A uses.",
  },
  {
    name: 'loraplus_lr_embedding',
    label: 'Learning rate of embeddings',
    type: 'number',
    default: 1e-6,
    above: 0,
    help: "Peak learning rate of both factors on adapted embeddings, instead of the run's learning rate.",
    advanced: true,
  },
];

/**
 * LoRA+: LoRA whose B learns at a multiple of A's rate. Hayou et al. 2024; the groups are those of PEFT's
 * create_loraplus_optimizer: every trained vector learns with B, biases without decay.
 */
export const loraPlus: AdapterVariant = {
  ...lora,
  declaration: {
    id: 'lora-plus',
    label: 'LoRA+',
    summary: 'LoRA with a higher learning rate for B than for A. Features change faster at the same cost.',
    paper: {
      title: 'LoRA+: Efficient Low Rank Adaptation of Large Models',
      url: 'https://arxiv.org/abs/2402.12354',
    },
    parameters: [...lora.declaration.parameters, ...parameters],
  },
  files: writtenAsLora,
  training: {
    begin: ({ learningRate, weightDecay }, values, modules) => ({
      parameterGroups(variables) {
        const ratio = numberOf(values, 'loraplus_lr_ratio');
        const embedding = new Set<string>();
        const fast = new Set<string>();
        const fastBiases = new Set<string>();
        for (const { module, trainedNames } of modules())
          for (const [part, name] of trainedNames)
            if (module.kind === 'embedding') embedding.add(name);
            else if (part === 'b') fast.add(name);
        for (const [name, { rank }] of variables)
          if (rank === 1 && !embedding.has(name)) (name.endsWith('bias') ? fastBiases : fast).add(name);
        return [
          {
            names: embedding,
            learningRateFactor: numberOf(values, 'loraplus_lr_embedding') / learningRate,
            weightDecay,
          },
          { names: fast, learningRateFactor: ratio, weightDecay },
          { names: fastBiases, learningRateFactor: ratio, weightDecay: 0 },
        ];
      },
    }),
  },
};
