import { z } from 'zod';
import { parseConfig } from '../config-file.ts';
import type { ModelConfigFile } from '../family.ts';
import { classToken, commonLayout, dinoLayer, encoderKeys } from './config.ts';
import { visionFamily } from './family.ts';
import type { VisionLayout } from './layout.ts';

const keys = z.object({
  ...encoderKeys,
  layer_norm_eps: z.number().positive().default(1e-6),
  mlp_ratio: z.number().positive().default(4),
  qkv_bias: z.boolean().default(true),
  use_swiglu_ffn: z.boolean().default(false),
});

/** DINOv2 (Oquab et al. 2023), with the checkpoints of `Dinov2Model` and `Dinov2ForImageClassification`. */
export const dinov2Family = visionFamily({
  modelType: 'dinov2',
  declaration: {
    id: 'dinov2',
    label: 'DINOv2',
    checkpoints: ['facebook/dinov2-small', 'facebook/dinov2-base'],
    summary: 'Image encoder that learned without labels; classifies by its class token and its patches.',
    paper: { title: 'DINOv2: Learning Robust Visual Features', url: 'https://arxiv.org/abs/2304.07193' },
  },
  layoutOf: dinov2Layout,
});

export function dinov2Layout(file: ModelConfigFile): VisionLayout {
  const config = parseConfig(file, keys, 'a DINOv2');
  const { qkv_bias: hasBias, hidden_size, mlp_ratio, use_swiglu_ffn: isGated } = config;
  const inner = Math.trunc(hidden_size * mlp_ratio);
  const fed = isGated
    ? { gate: { name: 'mlp.gate_proj' }, fc1: { name: 'mlp.up_proj' }, fc2: { name: 'mlp.down_proj' } }
    : { fc1: { name: 'mlp.fc1' }, fc2: { name: 'mlp.fc2' } };
  return {
    ...commonLayout(file, config),
    ...(isGated && { activation: 'silu' }),
    architecture: 'Dinov2ForImageClassification',
    prefix: 'dinov2.',
    innerSize: isGated ? 8 * Math.ceil(Math.trunc((inner * 2) / 3) / 8) : inner,
    patches: 'embeddings.patch_embeddings.projection',
    leading: [classToken],
    positions: { name: 'embeddings.position_embeddings', tokens: 1, resizing: 'bicubic' },
    layers: { name: 'encoder.layer' },
    layer: {
      ...dinoLayer,
      q: { name: 'attention.q_proj', stored: 'attention.attention.query', hasBias },
      k: { name: 'attention.k_proj', stored: 'attention.attention.key', hasBias },
      v: { name: 'attention.v_proj', stored: 'attention.attention.value', hasBias },
      o: { name: 'attention.o_proj', stored: 'attention.output.dense' },
      ...fed,
    },
    finalNorm: 'layernorm',
    pooling: 'class-and-mean',
  };
}
