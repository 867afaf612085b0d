import { loraFormat, loraStrength } from '../peft-format/lora-format.ts';
import type { AdapterVariant } from '../variant/variant.ts';
import { lora } from './lora.ts';

/** rsLoRA: LoRA with the scaling lora_alpha / √r, which keeps the step size even at high ranks. Kalajdzievski 2023. */
export const rslora: AdapterVariant = {
  ...lora,
  declaration: {
    ...lora.declaration,
    id: 'rslora',
    label: 'rsLoRA',
    summary: 'LoRA scaled by lora_alpha / √r instead of lora_alpha / r, so that high ranks learn as fast as low ranks.',
    paper: {
      title: 'A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA',
      url: 'https://arxiv.org/abs/2312.03732',
    },
  },
  files: loraFormat({ use_rslora: true, use_dora: false }),
  strength: loraStrength(Math.sqrt),
};
