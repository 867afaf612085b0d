import { loraEmbedding } from '../../ops/linear/lora-embedding.ts';
import { loraLinear } from '../../ops/linear/lora-linear.ts';
import { mergedWeight } from '../../ops/linear/merged-weight.ts';
import { initializeFactors } from '../initialize.ts';
import type { AdapterVariant } from '../variant.ts';
import { lowRankParameters } from './parameters.ts';

/** LoRA: y = W·x + (lora_alpha / r) · B·A·x. Hu et al. 2021. */
export const lora: AdapterVariant = {
  declaration: {
    id: 'lora',
    label: 'LoRA',
    summary: 'Adds a product of two thin matrices, B·A, to each chosen linear; scaled by lora_alpha / r.',
    paper: { title: 'LoRA: Low-Rank Adaptation of Large Language Models', url: 'https://arxiv.org/abs/2106.09685' },
    parameters: lowRankParameters,
  },
  peftKeys: { peft_type: 'LORA', use_rslora: false, use_dora: false },
  scaling: (loraAlpha, rank) => loraAlpha / rank,
  loraAlpha: (scaling, rank) => scaling * rank,
  initialize: initializeFactors,
  forward: loraLinear,
  embedding: loraEmbedding,
  mergedWeight,
};
