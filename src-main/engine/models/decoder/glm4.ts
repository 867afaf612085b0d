import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { decoderKeys, decoderLayout, decoderSizes, rmsNormLayout } from './config.ts';
import { decoderFamily } from './family.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** GLM-4 of 2025 (GLM-4-9B-0414, GLM-4-32B-0414), with the checkpoints of `Glm4ForCausalLM`. */
export const glm4Family = decoderFamily(
  'glm4',
  {
    id: 'glm4',
    label: 'GLM-4',
    checkpoints: ['zai-org/GLM-4-9B-0414'],
    summary: 'Language model with norms before and after both parts of a layer, and positions on half of each head.',
    paper: { title: 'ChatGLM: A Family of Large Language Models', url: 'https://arxiv.org/abs/2406.12793' },
  },
  {
    label: 'a GLM-4',
    keys: z.object({
      ...decoderKeys,
      attention_bias: z.boolean().default(true),
      head_dim: decoderKeys.head_dim.default(128),
      num_key_value_heads: decoderKeys.num_key_value_heads.default(2),
      rms_norm_eps: z.number().positive().default(1.5625e-7),
    }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, keys);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const norm = (name: string) => rmsNormLayout(name, sizes.hidden, keys.rms_norm_eps);
      const rope = readRope(file, keys, { ...sizes, theta: 10_000, partial: 0.5 });
      return decoderLayout(keys, {
        architecture: 'Glm4ForCausalLM',
        ropes: [rope],
        finalNorm: norm('model.norm'),
        layer: (name) => ({
          norms: {
            beforeMixer: norm(`${name}.input_layernorm`),
            afterMixer: norm(`${name}.post_self_attn_layernorm`),
            beforeFeedForward: norm(`${name}.post_attention_layernorm`),
            afterFeedForward: norm(`${name}.post_mlp_layernorm`),
          },
          isParallel: false,
          residualScale: 1,
          mixer: attentionLayout(`${name}.self_attn`, sizes, {
            hasBias: keys.attention_bias,
            rotary: { keys: 0, size: rope.headSize, pairs: 'interleaved' },
          }),
          feedForward: gatedLayout(`${name}.mlp`, sizes, { activation, names: { fused: 'gate_up_proj' } }),
        }),
      });
    },
  },
);
