import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { unsupportedValue } from '../config-file.ts';
import { decoderKeys, decoderLayout, decoderSizes, layerNormLayout, preNormLayer } from './config.ts';
import { decoderFamily } from './family.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** OLMo (Groeneveld et al. 2024), with the checkpoints of `OlmoForCausalLM`. */
export const olmoFamily = decoderFamily(
  'olmo',
  {
    id: 'olmo',
    label: 'OLMo',
    checkpoints: ['allenai/OLMo-1B-hf'],
    summary: 'Llama with layer normalization without weights.',
    paper: { title: 'OLMo: Accelerating the Science of Language Models', url: 'https://arxiv.org/abs/2402.00838' },
  },
  {
    label: 'an OLMo',
    keys: z.object({ ...decoderKeys, clip_qkv: z.number().optional() }),
    layout: (keys, file) => {
      if (keys.clip_qkv !== undefined) throw unsupportedValue(file, 'clip_qkv', keys.clip_qkv, 'null');
      const sizes = decoderSizes(file, keys);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const hasBias = keys.attention_bias;
      const norm = (name: string) => ({ ...layerNormLayout(name, sizes.hidden, 1e-5, false), hasScale: false });
      return decoderLayout(keys, {
        architecture: 'OlmoForCausalLM',
        ropes: [readRope(file, keys, { ...sizes, theta: 10_000 })],
        finalNorm: norm('model.norm'),
        layer: (name) =>
          preNormLayer(
            {
              beforeMixer: norm(`${name}.input_layernorm`),
              beforeFeedForward: norm(`${name}.post_attention_layernorm`),
            },
            {
              mixer: attentionLayout(`${name}.self_attn`, sizes, { hasBias, hasOutputBias: hasBias }),
              feedForward: gatedLayout(`${name}.mlp`, sizes, { activation }),
            },
          ),
      });
    },
  },
);
