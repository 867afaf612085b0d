import { z } from 'zod';
import { parseConfig } from '../config-file.ts';
import { classToken, commonLayout, dinoLayer, encoderKeys, off, on, registerCount, registers, size } from './config.ts';
import { visionFamily } from './family.ts';

const keys = z.object({
  ...encoderKeys,
  intermediate_size: size,
  layer_norm_eps: z.number().positive().default(1e-5),
  rope_theta: z.number().positive().default(100),
  num_register_tokens: registerCount.default(0),
  ...{ query_bias: on, key_bias: off, value_bias: on, proj_bias: on, mlp_bias: on, use_gated_mlp: off },
});

/** DINOv3 (Siméoni et al. 2025), with the checkpoints of `DINOv3ViTModel`; a classifier always comes with an adapter. */
export const dinov3Family = visionFamily({
  modelType: 'dinov3_vit',
  declaration: {
    id: 'dinov3-vit',
    label: 'DINOv3',
    checkpoints: ['facebook/dinov3-vits16-pretrain-lvd1689m'],
    summary: 'Image encoder that learned without labels, with registers and rotated positions for images of any size.',
    paper: { title: 'DINOv3', url: 'https://arxiv.org/abs/2508.10104' },
  },
  layoutOf: (file) => {
    const config = parseConfig(file, keys, 'a DINOv3');
    return {
      ...commonLayout(file, config, '', 4),
      architecture: 'DINOv3ViTModel',
      innerSize: config.intermediate_size,
      patches: 'embeddings.patch_embeddings',
      leading: [classToken, ...registers(config.num_register_tokens)],
      rotaryBase: config.rope_theta,
      layers: { name: 'model.layer', stored: 'layer' },
      layer: {
        ...dinoLayer,
        q: { name: 'attention.q_proj', hasBias: config.query_bias },
        k: { name: 'attention.k_proj', hasBias: config.key_bias },
        v: { name: 'attention.v_proj', hasBias: config.value_bias },
        o: { name: 'attention.o_proj', hasBias: config.proj_bias },
        ...(config.use_gated_mlp && { gate: { name: 'mlp.gate_proj', hasBias: config.mlp_bias } }),
        fc1: { name: 'mlp.up_proj', hasBias: config.mlp_bias },
        fc2: { name: 'mlp.down_proj', hasBias: config.mlp_bias },
      },
      finalNorm: 'norm',
      pooling: 'class-and-mean',
    };
  },
});
