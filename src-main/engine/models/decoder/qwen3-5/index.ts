import { decoderLayout, preNormLayer, rmsNormLayout } from '../config.ts';
import { decoderFamily } from '../family.ts';
import { gatedLayout } from '../feed-forward/gated.ts';
import { attentionLayout } from '../mixers/attention.ts';
import { deltaNetLayout } from '../mixers/delta-net.ts';
import { qwen35Keys, qwen35Sizes } from './config.ts';

/** Qwen 3.5 (Qwen Team 2026), dense, text alone, with the checkpoints of `Qwen3_5ForCausalLM`. */
export const qwen35Family = decoderFamily(
  'qwen3_5_text',
  {
    id: 'qwen3_5_text',
    label: 'Qwen 3.5',
    checkpoints: ['Qwen/Qwen3.5-0.8B', 'Qwen/Qwen3.5-2B'],
    summary: 'Linear attention by a gated delta rule in most layers, gated attention in the others.',
    paper: { title: 'Gated Delta Networks', url: 'https://arxiv.org/abs/2412.06464' },
  },
  {
    label: 'a Qwen 3.5',
    keys: qwen35Keys,
    layout: (keys, file) => {
      const { rope, linear, isLinear, ...sizes } = qwen35Sizes(file, keys);
      const norm = (name: string, size = sizes.hidden) => rmsNormLayout(name, size, keys.rms_norm_eps, 1);
      const attention = (name: string) =>
        attentionLayout(name, sizes, {
          hasBias: keys.attention_bias,
          hasOutputBias: keys.attention_bias,
          isGated: true,
          queryNorm: norm(`${name}.q_norm`, sizes.headSize),
          keyNorm: norm(`${name}.k_norm`, sizes.headSize),
          rotary: { keys: 0, size: rope.headSize },
        });
      return decoderLayout(keys, {
        architecture: 'Qwen3_5ForCausalLM',
        ropes: [rope],
        finalNorm: norm('model.norm'),
        layer: (name, index) =>
          preNormLayer(
            {
              beforeMixer: norm(`${name}.input_layernorm`),
              beforeFeedForward: norm(`${name}.post_attention_layernorm`),
            },
            {
              mixer: isLinear(index) ? deltaNetLayout(`${name}.linear_attn`, linear) : attention(`${name}.self_attn`),
              feedForward: gatedLayout(`${name}.mlp`, sizes),
            },
          ),
      });
    },
  },
);
