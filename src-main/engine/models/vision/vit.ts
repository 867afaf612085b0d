import { z } from 'zod';
import { parseConfig } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { classToken, commonLayout, encoderKeys, size } from './config.ts';
import { visionFamily } from './family.ts';
import type { VisionLayout } from './layout.ts';

const keys = z.object({ ...encoderKeys, intermediate_size: size, qkv_bias: z.boolean().default(true) });

/** Vision transformer for image classification (Dosovitskiy et al. 2021), with the checkpoints of `ViTForImageClassification`. */
export const vitFamily = visionFamily({
  modelType: 'vit',
  declaration: {
    id: 'vit',
    label: 'Vision Transformer',
    checkpoints: ['google/vit-base-patch16-224', 'google/vit-base-patch16-224-in21k'],
    summary: 'Image classifier that reads an image as a row of patches.',
    paper: { title: 'An Image is Worth 16x16 Words', url: 'https://arxiv.org/abs/2010.11929' },
  },
  layoutOf: vitLayout,
});

export function vitLayout(file: ModelConfigFile): VisionLayout {
  const config = parseConfig(file, keys, 'a ViT');
  return {
    ...commonLayout(file, config),
    architecture: 'ViTForImageClassification',
    prefix: 'vit.',
    innerSize: config.intermediate_size,
    patches: 'embeddings.patch_embeddings.projection',
    leading: [classToken],
    positions: { name: 'embeddings.position_embeddings', tokens: 1 },
    layers: { name: 'layers', stored: 'encoder.layer' },
    layer: vitLayer(config.qkv_bias),
    finalNorm: 'layernorm',
    pooling: 'class',
  };
}

/** Names of a layer, which DeiT has too. */
export function vitLayer(hasBias: boolean): VisionLayout['layer'] {
  return {
    before: { name: 'layernorm_before' },
    after: { name: 'layernorm_after' },
    q: { name: 'attention.q_proj', stored: 'attention.attention.query', hasBias },
    k: { name: 'attention.k_proj', stored: 'attention.attention.key', hasBias },
    v: { name: 'attention.v_proj', stored: 'attention.attention.value', hasBias },
    o: { name: 'attention.o_proj', stored: 'attention.output.dense' },
    fc1: { name: 'mlp.fc1', stored: 'intermediate.dense' },
    fc2: { name: 'mlp.fc2', stored: 'output.dense' },
  };
}
