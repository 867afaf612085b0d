import { z } from 'zod';
import { parseConfig } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { classToken, commonLayout, encoderKeys, size } from './config.ts';
import { visionFamily } from './family.ts';
import type { VisionLayout } from './layout.ts';
import { vitLayer } from './vit.ts';

const keys = z.object({ ...encoderKeys, intermediate_size: size, qkv_bias: z.boolean().default(true) });

/** ViT with a distillation token (Touvron et al. 2021), with the checkpoints of `DeiTForImageClassification`. */
export const deitFamily = visionFamily({
  modelType: 'deit',
  declaration: {
    id: 'deit',
    label: 'DeiT',
    checkpoints: ['facebook/deit-small-distilled-patch16-224'],
    summary: 'Image classifier like ViT, with a second token that learned from a teacher.',
    paper: { title: 'Training data-efficient image transformers', url: 'https://arxiv.org/abs/2012.12877' },
  },
  layoutOf: deitLayout,
});

function deitLayout(file: ModelConfigFile): VisionLayout {
  const config = parseConfig(file, keys, 'a DeiT');
  return {
    ...commonLayout(file, config),
    architecture: 'DeiTForImageClassification',
    prefix: 'deit.',
    innerSize: config.intermediate_size,
    patches: 'embeddings.patch_embeddings.projection',
    leading: [classToken, { name: 'embeddings.distillation_token', count: 1 }],
    positions: { name: 'embeddings.position_embeddings', tokens: 2 },
    layers: { name: 'layers', stored: 'encoder.layer' },
    layer: vitLayer(config.qkv_bias),
    finalNorm: 'layernorm',
    pooling: 'class',
  };
}
