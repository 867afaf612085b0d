import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { unsupportedValue } from '../config-file.ts';
import { decoderKeys, decoderLayout, decoderSizes, layerNormLayout, parallelLayer, preNormLayer } from './config.ts';
import { decoderFamily } from './family.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** StableLM 3B and StableLM 2 (Bellagente et al. 2024), with the checkpoints of `StableLmForCausalLM`. */
export const stablelmFamily = decoderFamily(
  'stablelm',
  {
    id: 'stablelm',
    label: 'StableLM',
    checkpoints: ['stabilityai/stablelm-2-1_6b'],
    summary: 'Llama with layer normalization and positions on a part of each head.',
    paper: { title: 'Stable LM 2 1.6B Technical Report', url: 'https://arxiv.org/abs/2402.17834' },
  },
  {
    label: 'a StableLM',
    keys: z.object({
      ...decoderKeys,
      layer_norm_eps: z.number().positive().default(1e-5),
      use_qkv_bias: z.boolean().default(false),
      qk_layernorm: z.boolean().default(false),
      use_parallel_residual: z.boolean().default(false),
    }),
    layout: (keys, file) => {
      if (keys.qk_layernorm) throw unsupportedValue(file, 'qk_layernorm', true, 'false');
      const sizes = decoderSizes(file, keys);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const norm = (name: string) => layerNormLayout(name, sizes.hidden, keys.layer_norm_eps);
      const rope = readRope(file, keys, { ...sizes, theta: 10_000, partial: 0.25 });
      return decoderLayout(keys, {
        architecture: 'StableLmForCausalLM',
        ropes: [rope],
        finalNorm: norm('model.norm'),
        layer: (name) => {
          const beforeMixer = norm(`${name}.input_layernorm`);
          const parts = {
            mixer: attentionLayout(`${name}.self_attn`, sizes, {
              hasBias: keys.use_qkv_bias,
              rotary: { keys: 0, size: rope.headSize },
            }),
            feedForward: gatedLayout(`${name}.mlp`, sizes, { activation }),
          };
          if (keys.use_parallel_residual) return parallelLayer({ beforeMixer }, parts);
          return preNormLayer({ beforeMixer, beforeFeedForward: norm(`${name}.post_attention_layernorm`) }, parts);
        },
      });
    },
  },
);
