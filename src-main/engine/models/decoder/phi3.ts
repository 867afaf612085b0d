import { z } from 'zod';
import { readActivation } from '../activations.ts';
import { decoderKeys, decoderLayout, decoderSizes, preNormLayer, rmsNormLayout } from './config.ts';
import { decoderFamily } from './family.ts';
import { gatedLayout } from './feed-forward/gated.ts';
import { attentionLayout } from './mixers/attention.ts';
import { readRope } from './rope.ts';

/** Phi-3, Phi-3.5, Phi-4 and Phi-4-mini (Abdin et al. 2024), with the checkpoints of `Phi3ForCausalLM`. */
export const phi3Family = decoderFamily(
  'phi3',
  {
    id: 'phi3',
    label: 'Phi-3',
    checkpoints: ['microsoft/Phi-3.5-mini-instruct', 'microsoft/Phi-4-mini-instruct'],
    summary:
      'Llama with one linear for queries, keys and values and one for the gated part; also Phi-4 and Phi-4-mini.',
    paper: { title: 'Phi-3 Technical Report', url: 'https://arxiv.org/abs/2404.14219' },
  },
  {
    label: 'a Phi-3',
    keys: z.object({
      ...decoderKeys,
      rms_norm_eps: z.number().positive().default(1e-5),
      original_max_position_embeddings: decoderKeys.original_max_position_embeddings.default(4096),
      sliding_window: z.number().int().optional(),
    }),
    layout: (keys, file) => {
      const sizes = decoderSizes(file, keys);
      const activation = readActivation(file, 'hidden_act', keys.hidden_act);
      const norm = (name: string) => rmsNormLayout(name, sizes.hidden, keys.rms_norm_eps);
      const rope = readRope(file, keys, { ...sizes, theta: 10_000, partial: 1 });
      return decoderLayout(keys, {
        architecture: 'Phi3ForCausalLM',
        ropes: [rope],
        finalNorm: norm('model.norm'),
        layer: (name) =>
          preNormLayer(
            {
              beforeMixer: norm(`${name}.input_layernorm`),
              beforeFeedForward: norm(`${name}.post_attention_layernorm`),
            },
            {
              mixer: attentionLayout(`${name}.self_attn`, sizes, {
                names: { fused: 'qkv_proj', order: 'parts' },
                rotary: { keys: 0, size: rope.headSize },
                window: keys.sliding_window ?? 0,
              }),
              feedForward: gatedLayout(`${name}.mlp`, sizes, { activation, names: { fused: 'gate_up_proj' } }),
            },
          ),
      });
    },
  },
);
