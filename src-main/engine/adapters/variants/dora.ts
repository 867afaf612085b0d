import { doraLinear } from '../../ops/linear/dora-linear.ts';
import { doraEmbedding } from '../../ops/linear/lora-embedding.ts';
import { rowNorms } from '../magnitude.ts';
import { type AdapterVariant, type DeviceFactors, magnitudeOf } from '../variant.ts';
import { lora } from './lora.ts';

/** DoRA: W' = m · (W + s·B·A) / ‖W + s·B·A‖ by output, m trained, the norm held fixed in the backward pass. Liu et al. 2024. */
export const dora: AdapterVariant = {
  ...lora,
  declaration: {
    ...lora.declaration,
    id: 'dora',
    label: 'DoRA',
    summary: "LoRA that turns each output's weights by B·A and trains their length by itself: one magnitude an output.",
    paper: { title: 'DoRA: Weight-Decomposed Low-Rank Adaptation', url: 'https://arxiv.org/abs/2402.09353' },
  },
  peftKeys: { peft_type: 'LORA', use_rslora: false, use_dora: true },
  magnitude: { initialize: rowNorms },
  forward: (x, frozen, factors, options) => doraLinear(x, frozen, whole(factors), options),
  embedding: (ids, frozen, factors) => doraEmbedding(ids, frozen, whole(factors)),
};

function whole(factors: DeviceFactors) {
  return { ...factors, magnitude: magnitudeOf(factors) };
}
