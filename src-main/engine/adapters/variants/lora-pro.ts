import { LoraProAdamW, type ScaledPair } from '../../optimizers/lora-pro-adamw.ts';
import type { AdapterVariant } from '../variant/variant.ts';
import { lora } from './lora.ts';
import { checkOwnOptimizer } from './own-optimizer.ts';
import { withoutRankSwitch } from './without-rank-switch.ts';
import { writtenAsLora } from './written-as-lora.ts';

/**
 * LoRA-Pro: LoRA whose two gradients are adjusted so that the step of B·A is nearest to full fine-tuning's. Wang et al. 2025; the
 * algorithm with AdamW.
 */
export const loraPro: AdapterVariant = {
  ...withoutRankSwitch(lora),
  declaration: {
    id: 'lora-pro',
    label: 'LoRA-Pro',
    summary:
      'LoRA with gradients adjusted so that each step is as close as possible to full fine-tuning. The optimizer needs the memory of full fine-tuning.',
    paper: {
      title: 'LoRA-Pro: Are Low-Rank Adapters Properly Optimized?',
      url: 'https://arxiv.org/abs/2407.18242',
    },
    parameters: lora.declaration.parameters,
  },
  files: writtenAsLora,
  training: {
    check: ({ optim }) => checkOwnOptimizer('LoRA-Pro', optim),
    begin: ({ weightDecay }, _, modules) => ({
      parameterGroups() {
        const pairs = modules().flatMap(({ trainedNames, scaling }): ScaledPair[] => {
          const [a, b] = [trainedNames.get('a'), trainedNames.get('b')];
          return a === undefined || b === undefined ? [] : [{ a, b, scaling }];
        });
        return [
          {
            names: new Set(pairs.flatMap(({ a, b }) => [a, b])),
            learningRateFactor: 1,
            weightDecay,
            create: (variables, settings) => new LoraProAdamW(variables, pairs, settings),
          },
        ];
      },
    }),
    memory({ inFeatures, outFeatures, kind }, { parameters }) {
      const moment = inFeatures * outFeatures;
      const bias = parameters['lora_bias'] === true && kind === 'linear' ? [outFeatures, outFeatures] : [];
      return [moment, moment, ...bias];
    },
    notInPython: 'Transformers and PEFT have no LoRA-Pro',
  },
};
