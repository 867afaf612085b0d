import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { checkLayerTypes, decoderKeys, decoderLayout, decoderSizes, layerNormLayout, parallelLayer } from './config.ts';
import { decoderFamily } from './family.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** Command R7B and Command A (Cohere et al. 2025), with the checkpoints of `Cohere2ForCausalLM`. */
export const cohere2Family = decoderFamily(
  'cohere2',
  {
    id: 'cohere2',
    label: 'Cohere2',
    checkpoints: ['CohereLabs/c4ai-command-r7b-12-2024'],
    summary: 'Command R7B and Command A: parallel parts, and full attention without positions in every fourth layer.',
    paper: { title: 'Command A: An Enterprise-Ready Large Language Model', url: 'https://arxiv.org/abs/2504.00698' },
  },
  {
    label: 'a Cohere2',
    keys: z.object({
      ...decoderKeys,
      layer_norm_eps: z.number().positive().default(1e-5),
      logit_scale: z.number().default(0.0625),
      sliding_window: z.number().int().optional(),
      sliding_window_pattern: z.number().int().positive().default(4),
      tie_word_embeddings: z.boolean().default(true),
    }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, { ...keys, head_dim: undefined });
      checkLayerTypes(file, keys.layer_types);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const norm = (name: string) => layerNormLayout(name, sizes.hidden, keys.layer_norm_eps, false);
      const isFull = (index: number) =>
        keys.layer_types
          ? keys.layer_types[index] === 'full_attention'
          : (index + 1) % keys.sliding_window_pattern === 0;
      return decoderLayout(keys, {
        architecture: 'Cohere2ForCausalLM',
        ropes: [readRope(file, keys, { ...sizes, theta: 10_000 })],
        finalNorm: norm('model.norm'),
        head: { scale: keys.logit_scale },
        layer: (name, index) => {
          const window = isFull(index) ? 0 : (keys.sliding_window ?? 0);
          return parallelLayer(
            { beforeMixer: norm(`${name}.input_layernorm`) },
            {
              mixer: attentionLayout(`${name}.self_attn`, sizes, {
                hasBias: keys.attention_bias,
                hasOutputBias: keys.attention_bias,
                window,
                rotary: window === 0 ? null : { keys: 0, pairs: 'interleaved' },
              }),
              feedForward: gatedLayout(`${name}.mlp`, sizes, { activation }),
            },
          );
        },
      });
    },
  },
);
