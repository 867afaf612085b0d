import { z } from 'zod';
import { parseConfig } from '../config-file.ts';
import { commonLayout, encoderKeys, labelKeys, readTower, size } from './config.ts';
import { visionFamily } from './family.ts';

/** Missing keys have the defaults of transformers, which are those of SigLIP base with patches of 16. */
const keys = z.object({
  ...encoderKeys,
  hidden_size: size.default(768),
  intermediate_size: size.default(3072),
  num_hidden_layers: encoderKeys.num_hidden_layers.default(12),
  num_attention_heads: size.default(12),
  image_size: encoderKeys.image_size.default(224),
  patch_size: encoderKeys.patch_size.default(16),
  hidden_act: z.string().default('gelu_pytorch_tanh'),
  layer_norm_eps: z.number().positive().default(1e-6),
});
const whole = z.object({ vision_config: keys });
/** The text tower is checked, but not read. */
const text = z.object({ num_hidden_layers: encoderKeys.num_hidden_layers.optional() }).optional();
const others = z.object({ ...labelKeys, text_config: text });

/** Vision tower of SigLIP (Zhai et al. 2023) and SigLIP 2; a text tower beside it is not used. */
export const siglipFamily = visionFamily({
  modelType: 'siglip',
  alsoModelTypes: ['siglip_vision_model'],
  declaration: {
    id: 'siglip',
    label: 'SigLIP',
    checkpoints: ['google/siglip-base-patch16-224', 'google/siglip2-base-patch16-224'],
    summary: 'Image classifier on the image half of a model of images and texts; also SigLIP 2.',
    paper: { title: 'Sigmoid Loss for Language Image Pre-Training', url: 'https://arxiv.org/abs/2303.15343' },
  },
  layoutOf: (file) => {
    const { part, config } = readTower(file, keys, whole, 'a SigLIP');
    const labels = parseConfig(file, others, 'a SigLIP');
    return {
      ...commonLayout(file, { ...config, ...labels }, part),
      architecture: 'SiglipForImageClassification',
      prefix: 'vision_model.',
      innerSize: config.intermediate_size,
      patches: 'embeddings.patch_embedding',
      leading: [],
      positions: { name: 'embeddings.position_embedding.weight', tokens: 0, isTable: true },
      layers: { name: 'encoder.layers' },
      layer: {
        before: { name: 'layer_norm1' },
        after: { name: 'layer_norm2' },
        q: { name: 'self_attn.q_proj' },
        k: { name: 'self_attn.k_proj' },
        v: { name: 'self_attn.v_proj' },
        o: { name: 'self_attn.out_proj' },
        fc1: { name: 'mlp.fc1' },
        fc2: { name: 'mlp.fc2' },
      },
      finalNorm: 'post_layernorm',
      pooling: 'mean',
    };
  },
});
